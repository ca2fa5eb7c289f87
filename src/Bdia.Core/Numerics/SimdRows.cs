using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Bdia.Core.Numerics;

/// <summary>Passes over rows of float32 elements, of any length at any address. A buffer is a row of ours: it holds whole registers.</summary>
internal static unsafe class SimdRows<S, V> where S : struct, ISimd<V> where V : struct
{
    /// <summary>Copies a row to a buffer and fills its last register with zeros.</summary>
    public static void Read(float* row, int length, float* buffer)
    {
        var i = 0;
        for (; i <= length - S.Count; i += S.Count) S.Store(S.Load(row + i), buffer + i);
        if (i == length) return;
        S.Store(S.Zero, buffer + i);
        for (; i < length; i++) buffer[i] = row[i];
    }

    /// <summary>Copies a buffer to a row, times a factor.</summary>
    public static void Write(float* buffer, float factor, float* row, int length)
    {
        var factors = S.Broadcast(factor);
        var i = 0;
        for (; i <= length - S.Count; i += S.Count) S.Store(S.Multiply(S.Load(buffer + i), factors), row + i);
        for (; i < length; i++) row[i] = buffer[i] * factor;
    }

    /// <summary>Σ aᵢ bᵢ.</summary>
    public static float Dot(float* a, float* b, int length)
    {
        var sums = S.Zero;
        var i = 0;
        for (; i <= length - S.Count; i += S.Count) sums = S.MultiplyAdd(S.Load(a + i), S.Load(b + i), sums);
        var sum = S.Sum(sums);
        for (; i < length; i++) sum += a[i] * b[i];
        return sum;
    }

    /// <summary>Writes four rows as four neighbouring columns of a matrix.</summary>
    /// <param name="stride">Elements from a row of the matrix to the next.</param>
    public static void Transpose(float* row0, float* row1, float* row2, float* row3, int length, float* matrix, nint stride)
    {
        var i = 0;
        for (; Sse.IsSupported && i <= length - 4; i += 4, matrix += 4 * stride)
        {
            var (a, b, c, d) = (Vector128.Load(row0 + i), Vector128.Load(row1 + i), Vector128.Load(row2 + i), Vector128.Load(row3 + i));
            var (ab01, cd01, ab23, cd23) = (Sse.UnpackLow(a, b), Sse.UnpackLow(c, d), Sse.UnpackHigh(a, b), Sse.UnpackHigh(c, d));
            Sse.MoveLowToHigh(ab01, cd01).Store(matrix);
            Sse.MoveHighToLow(cd01, ab01).Store(matrix + stride);
            Sse.MoveLowToHigh(ab23, cd23).Store(matrix + 2 * stride);
            Sse.MoveHighToLow(cd23, ab23).Store(matrix + 3 * stride);
        }

        for (; i < length; i++, matrix += stride) Vector128.Create(row0[i], row1[i], row2[i], row3[i]).Store(matrix);
    }
}
