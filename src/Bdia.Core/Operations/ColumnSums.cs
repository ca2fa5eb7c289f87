using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Bdia.Core.Simd;
using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Operations;

/// <summary>Sums over rows that kernels take piece by piece, so that their bits do not depend on the number of threads.</summary>
internal static unsafe class ColumnSums
{
    /// <summary>Adds the sums over rows of a matrix.</summary>
    /// <param name="rows">(rows, D), float32 or bfloat16, contiguous.</param>
    /// <param name="sums">(D), float32, contiguous.</param>
    public static void Add(Tensor rows, Tensor sums)
    {
        var matrix = new TensorRows(rows);
        if (matrix.Count == 0) return;
        var to = TensorMemory.Pointer<float>(sums);
        // pieces enough for all threads, and few enough that their sums are little beside the rows
        var pieces = (int)Math.Clamp(matrix.Count / (4 * TensorRows.Piece), 1, 64);
        using var partial = new Scratch((pieces + 1, matrix.Length));
        var first = partial.Take(pieces + 1, matrix.Length);
        var stride = (nint)Scratch.Stride(matrix.Length);
        KernelThreads.For(pieces, piece =>
        {
            var (start, end) = (matrix.Count * piece / pieces, matrix.Count * (piece + 1) / pieces);
            if (matrix.IsBFloat16) Run<BFloat16Element>();
            else Run<Float32Element>();

            void Run<E>() where E : struct, ISimdElement
            {
                byte* from = matrix.Start + (nint)start * matrix.Length * E.Size;
                var own = first + piece * stride;
                var (count, length) = ((int)(end - start), matrix.Length);
                if (Vector512.IsHardwareAccelerated && length % Simd512.Count == 0)
                    Rows<Simd512, Vector512<float>, E, WholeEnds>(from, count, length, own);
                else if (length % Simd256.Count == 0) Rows<Simd256, Vector256<float>, E, WholeEnds>(from, count, length, own);
                else Rows<Simd256, Vector256<float>, E, AnyEnds>(from, count, length, own);
            }
        });
        var total = first + pieces * stride;
        AddPieces(first, pieces, stride, matrix.Length, total);
        SimdVectors.Add(to, total, to, matrix.Length);
        GC.KeepAlive(rows);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows<S, V, E, W>(byte* rows, int count, int length, float* sums)
        where S : struct, ISimd<V> where V : struct where E : struct, ISimdElement where W : struct, IRowEnds
    {
        NativeMemory.Clear(sums, (nuint)Scratch.Stride(length) * sizeof(float));
        for (; count > 0; count--, rows += (nint)length * E.Size)
            for (var i = 0; i < length; i += S.Count)
                S.Store(S.Add(S.Load(sums + i), SimdElements<S, V, E, W>.Load(rows, i, length)), sums + i);
    }

    /// <summary>Adds partial sums, one row of float32 per piece, in the order of the pieces.</summary>
    public static void AddPieces(float* partial, int pieces, nint stride, int length, float* sums)
    {
        if (Vector512.IsHardwareAccelerated) AddPieces<Simd512, Vector512<float>>(partial, pieces, stride, length, sums);
        else AddPieces<Simd256, Vector256<float>>(partial, pieces, stride, length, sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddPieces<S, V>(float* partial, int pieces, nint stride, int length, float* sums)
        where S : struct, ISimd<V> where V : struct
    {
        for (var i = 0; i < length; i += S.Count)
        {
            var sum = S.Zero;
            for (var piece = 0; piece < pieces; piece++) sum = S.Add(sum, S.Load(partial + piece * stride + i));
            SimdElements<S, V, Float32Element, AnyEnds>.Store(sum, (byte*)sums, i, length);
        }
    }
}
