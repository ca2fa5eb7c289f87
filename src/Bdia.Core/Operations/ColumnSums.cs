using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Bdia.Core.Simd;

namespace Bdia.Core.Operations;

/// <summary>Sums over rows that kernels take piece by piece, so that their bits do not depend on the number of threads.</summary>
internal static unsafe class ColumnSums
{
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
