using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Bdia.Core.Numerics;
using static TorchSharp.torch;

namespace Bdia.Core.Layers;

/// <summary>Sums over rows, in float32 on the CPU. The bits do not depend on the number of threads.</summary>
internal static unsafe class ColumnSums
{
    /// <param name="x">(rows, D), float32 or bfloat16.</param>
    /// <param name="destination">(D), float32; is overwritten.</param>
    /// <param name="threads">null = as many as libtorch uses.</param>
    public static void Of(Tensor x, Tensor destination, int? threads = null)
    {
        var rows = new TensorRows(x);
        var sums = (float*)new TensorRows(destination).Of(rows.Length == 0 ? 0 : 1, rows.Length, float32: true).Start;
        if (rows.IsBFloat16) Run<BFloat16Element>(rows, sums, threads);
        else Run<Float32Element>(rows, sums, threads);
    }

    private static void Run<E>(TensorRows rows, float* sums, int? threads) where E : struct, ISimdElement
    {
        using var partial = new Scratch((rows.Pieces, rows.Length));
        var first = partial.Take(rows.Pieces, rows.Length);
        var stride = Scratch.Stride(rows.Length);
        KernelThreads.For(rows.Pieces, piece =>
        {
            byte* start = rows.Start + (nint)piece * TensorRows.Piece * rows.Length * E.Size;
            float* own = first + (nint)piece * stride;
            var count = rows.PieceRows(piece);
            if (Vector512.IsHardwareAccelerated && rows.Length % Simd512.Count == 0) Piece<Simd512, Vector512<float>, E, WholeEnds>(start, count, rows.Length, own);
            else if (rows.Length % Simd256.Count == 0) Piece<Simd256, Vector256<float>, E, WholeEnds>(start, count, rows.Length, own);
            else Piece<Simd256, Vector256<float>, E, AnyEnds>(start, count, rows.Length, own);
        }, threads);
        AddPieces(first, rows.Pieces, stride, rows.Length, sums);
    }

    /// <summary>Adds partial sums, one row of float32 per piece, in the order of the pieces.</summary>
    public static void AddPieces(float* partial, int pieces, nint stride, int length, float* sums)
    {
        if (Vector512.IsHardwareAccelerated) AddPieces<Simd512, Vector512<float>>(partial, pieces, stride, length, sums);
        else AddPieces<Simd256, Vector256<float>>(partial, pieces, stride, length, sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddPieces<S, V>(float* partial, int pieces, nint stride, int length, float* sums) where S : struct, ISimd<V> where V : struct
    {
        for (var i = 0; i < length; i += S.Count)
        {
            var sum = S.Zero;
            for (var piece = 0; piece < pieces; piece++) sum = S.Add(sum, S.Load(partial + piece * stride + i));
            SimdElements<S, V, Float32Element, AnyEnds>.Store(sum, (byte*)sums, i, length);
        }
    }

    // Four rows at a time: a quarter of the loads and stores of the sums.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Piece<S, V, E, W>(byte* rows, int count, int length, float* sums)
        where S : struct, ISimd<V> where V : struct where E : struct, ISimdElement where W : struct, IRowEnds
    {
        NativeMemory.Clear(sums, (nuint)Scratch.Stride(length) * sizeof(float));
        var (bytes, row) = ((nint)length * E.Size, 0);
        for (; row <= count - 4; row += 4, rows += 4 * bytes)
        {
            for (var i = 0; i < length; i += S.Count)
            {
                var (a, b) = (SimdElements<S, V, E, W>.Load(rows, i, length), SimdElements<S, V, E, W>.Load(rows + bytes, i, length));
                var (c, d) = (SimdElements<S, V, E, W>.Load(rows + 2 * bytes, i, length), SimdElements<S, V, E, W>.Load(rows + 3 * bytes, i, length));
                S.Store(S.Add(S.Load(sums + i), S.Add(S.Add(a, b), S.Add(c, d))), sums + i);
            }
        }

        for (; row < count; row++, rows += bytes)
        {
            for (var i = 0; i < length; i += S.Count) S.Store(S.Add(S.Load(sums + i), SimdElements<S, V, E, W>.Load(rows, i, length)), sums + i);
        }
    }
}
