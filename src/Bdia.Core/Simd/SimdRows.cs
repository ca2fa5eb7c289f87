using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Bdia.Core.Simd;

/// <summary>Passes over rows of any length at any address. A buffer is a row of ours: float32 elements in whole registers.</summary>
internal static unsafe class SimdRows<S, V, E> where S : struct, ISimd<V> where V : struct where E : struct, ISimdElement
{
    /// <summary>Copies a row to a buffer and fills its last register with zeros.</summary>
    public static void Read(byte* row, int length, float* buffer)
    {
        var i = 0;
        for (; i <= length - S.Count; i += S.Count) S.Store(E.Load<S, V>(row + i * E.Size), buffer + i);
        if (i == length) return;
        S.Store(S.Zero, buffer + i);
        for (; i < length; i++) buffer[i] = E.Load(row + i * E.Size);
    }

    /// <summary>Copies a buffer to a row, times a factor.</summary>
    public static void Write(float* buffer, float factor, byte* row, int length)
    {
        var factors = S.Broadcast(factor);
        var i = 0;
        for (; i <= length - S.Count; i += S.Count) E.Store<S, V>(S.Multiply(S.Load(buffer + i), factors), row + i * E.Size);
        if (i == length) return;
        if (i > 0) i = length - S.Count; // a whole register once more: some of its elements are written twice, and alike
        SimdElements<S, V, E, AnyEnds>.Store(S.Multiply(S.Load(buffer + i), factors), row, i, length);
    }

    /// <summary>Σ aᵢ bᵢ of a buffer and a row.</summary>
    public static float Dot(float* buffer, byte* row, int length)
    {
        var sums = S.Zero;
        var i = 0;
        for (; i <= length - S.Count; i += S.Count) sums = S.MultiplyAdd(S.Load(buffer + i), E.Load<S, V>(row + i * E.Size), sums);
        var sum = S.Sum(sums);
        for (; i < length; i++) sum += buffer[i] * E.Load(row + i * E.Size);
        return sum;
    }

    /// <summary>Writes four rows as four neighbouring columns of a matrix.</summary>
    /// <param name="stride">Elements from a row of the matrix to the next.</param>
    public static void Transpose(byte* row0, byte* row1, byte* row2, byte* row3, int length, float* matrix, nint stride)
    {
        var (i, end) = (0, length * E.Size); // in bytes
        for (; Sse.IsSupported && i <= end - 4 * E.Size; i += 4 * E.Size, matrix += 4 * stride)
        {
            var (a, b, c, d) = (E.LoadFour(row0 + i), E.LoadFour(row1 + i), E.LoadFour(row2 + i), E.LoadFour(row3 + i));
            var (ab01, cd01, ab23, cd23) = (Sse.UnpackLow(a, b), Sse.UnpackLow(c, d), Sse.UnpackHigh(a, b), Sse.UnpackHigh(c, d));
            Sse.MoveLowToHigh(ab01, cd01).Store(matrix);
            Sse.MoveHighToLow(cd01, ab01).Store(matrix + stride);
            Sse.MoveLowToHigh(ab23, cd23).Store(matrix + 2 * stride);
            Sse.MoveHighToLow(cd23, ab23).Store(matrix + 3 * stride);
        }

        for (; i < end; i += E.Size, matrix += stride) Vector128.Create(E.Load(row0 + i), E.Load(row1 + i),
            E.Load(row2 + i), E.Load(row3 + i)).Store(matrix);
    }
}
