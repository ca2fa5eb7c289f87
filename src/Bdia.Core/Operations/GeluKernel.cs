using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Bdia.Core.Simd;
using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Operations;

/// <summary>
/// <see cref="Gelu.Apply"/>, x Φ(x), and its derivative on the CPU, computed in float32: each in one pass over memory. The bits do not
/// depend on the number of threads. Before rounding to bfloat16, both are wrong by at most 3·10⁻⁷ plus one part in 10⁷.
/// </summary>
/// <remarks>
/// For t ≥ 0, the tail Φ(-t) is e^(-t²/2) R(t), and R a polynomial of degree 10: the best one in the sense of |error| max(1, t) e^(-t²/2),
/// which is at most 1.22·10⁻⁷. So one exponential is enough for Φ and for the density φ.
/// </remarks>
internal static unsafe class GeluKernel
{
    private const float DensityAtZero = 0.3989422804f; // 1 / √(2π)

    /// <param name="x">float32 or bfloat16.</param>
    /// <param name="y">Shape and type of <paramref name="x"/>; is overwritten. May be <paramref name="x"/>.</param>
    /// <param name="threads">null = as many as libtorch uses.</param>
    public static void Forward(Tensor x, Tensor y, int? threads = null)
    {
        var (source, target) = Alike(x, y);
        if (source.IsBFloat16) Forward<BFloat16Element>(source, target, threads);
        else Forward<Float32Element>(source, target, threads);
    }

    /// <param name="x">(rows, D), float32 or bfloat16.</param>
    /// <param name="gradient">Shape and type of <paramref name="x"/>: the gradient by the output; becomes the gradient by
    /// <paramref name="x"/>.</param>
    /// <param name="biasGradient">(D), float32; is overwritten by the sums over rows of the new gradient, as it is stored.</param>
    /// <param name="threads">null = as many as libtorch uses.</param>
    public static void Backward(Tensor x, Tensor gradient, Tensor biasGradient, int? threads = null)
    {
        var (source, target) = Alike(x, gradient);
        var sums = (float*)new TensorRows(biasGradient).Require(source.Length == 0 ? 0 : 1, source.Length, float32: true).Start;
        if (source.IsBFloat16) Backward<BFloat16Element>(source, target, sums, threads);
        else Backward<Float32Element>(source, target, sums, threads);
    }

    /// <summary>Of neighbouring numbers, on the calling thread.</summary>
    public static void Forward(byte* x, byte* y, bool areBFloat16, int count)
    {
        if (areBFloat16) Forward<BFloat16Element>(x, y, count);
        else Forward<Float32Element>(x, y, count);
    }

    /// <summary>Of some rows, on the calling thread.</summary>
    /// <param name="sums">Overwritten by the rows' sums, in whole registers.</param>
    public static void Backward(byte* x, byte* gradient, bool areBFloat16, int count, int length, float* sums)
    {
        if (areBFloat16) Backward<BFloat16Element>(x, gradient, count, length, sums);
        else Backward<Float32Element>(x, gradient, count, length, sums);
    }

    /// <summary>In place, for kernels that do more than this to what they hold.</summary>
    /// <param name="count">Rounded up to whole registers.</param>
    public static void Forward<S, V>(float* x, int count) where S : struct, ISimd<V> where V : struct
        => Forward<S, V, Float32Element, WholeEnds>((byte*)x, (byte*)x, count);

    private static (TensorRows X, TensorRows Y) Alike(Tensor x, Tensor y)
    {
        if (x.dtype != y.dtype) throw new ArgumentException($"Expected two tensors of one type; got {x.dtype} and {y.dtype}.");
        var rows = new TensorRows(x);
        return (rows, new TensorRows(y).Require(rows.Count, rows.Length, float32: false));
    }

    private static void Forward<E>(TensorRows x, TensorRows y, int? threads) where E : struct, ISimdElement
        => KernelThreads.ForRanges(x.Count * x.Length, 1 << 14, (first, end) =>
        {
            Forward<E>(x.Start + (nint)first * E.Size, y.Start + (nint)first * E.Size, (int)(end - first));
        }, threads);

    private static void Forward<E>(byte* x, byte* y, int count) where E : struct, ISimdElement
    {
        var whole = count - count % Simd512.Count;
        if (Vector512.IsHardwareAccelerated) Forward<Simd512, Vector512<float>, E, WholeEnds>(x, y, whole);
        else Forward<Simd256, Vector256<float>, E, WholeEnds>(x, y, whole);
        Forward<Simd256, Vector256<float>, E, AnyEnds>(x + (nint)whole * E.Size, y + (nint)whole * E.Size, count - whole);
    }

    private static void Backward<E>(TensorRows x, TensorRows gradient, float* sums, int? threads) where E : struct, ISimdElement
    {
        using var partial = new Scratch((x.Pieces, x.Length));
        var first = partial.Take(x.Pieces, x.Length);
        var stride = Scratch.Stride(x.Length);
        KernelThreads.For(x.Pieces, piece =>
        {
            var (offset, count) = ((nint)piece * TensorRows.Piece * x.Length * E.Size, x.PieceRows(piece));
            Backward<E>(x.Start + offset, gradient.Start + offset, count, x.Length, first + (nint)piece * stride);
        }, threads);
        ColumnSums.AddPieces(first, x.Pieces, stride, x.Length, sums);
    }

    private static void Backward<E>(byte* x, byte* gradient, int count, int length, float* sums) where E : struct, ISimdElement
    {
        if (Vector512.IsHardwareAccelerated && length % Simd512.Count == 0)
            Backward<Simd512, Vector512<float>, E, WholeEnds>(x, gradient, count, length, sums);
        else if (length % Simd256.Count == 0) Backward<Simd256, Vector256<float>, E, WholeEnds>(x, gradient, count, length, sums);
        else Backward<Simd256, Vector256<float>, E, AnyEnds>(x, gradient, count, length, sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Forward<S, V, E, W>(byte* x, byte* y, int count)
        where S : struct, ISimd<V> where V : struct where E : struct, ISimdElement where W : struct, IRowEnds
    {
        for (var i = 0; i < count; i += S.Count) SimdElements<S, V, E,
            W>.Store(Value<S, V>(SimdElements<S, V, E, W>.Load(x, i, count)), y, i, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Backward<S, V, E, W>(byte* x, byte* gradient, int count, int length, float* sums)
        where S : struct, ISimd<V> where V : struct where E : struct, ISimdElement where W : struct, IRowEnds
    {
        NativeMemory.Clear(sums, (nuint)Scratch.Stride(length) * sizeof(float));
        for (var bytes = (nint)length * E.Size; count > 0; count--, x += bytes, gradient += bytes)
        {
            for (var i = 0; i < length; i += S.Count)
            {
                var product = S.Multiply(Derivative<S, V>(SimdElements<S, V, E, W>.Load(x, i, length)),
                    SimdElements<S, V, E, W>.Load(gradient, i, length));
                SimdElements<S, V, E, W>.Store(product, gradient, i, length);
                S.Store(S.Add(S.Load(sums + i), E.Rounded<S, V>(product)), sums + i);
            }
        }
    }

    // x Φ(x) = max(x, 0) - |x| Φ(-|x|)
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Value<S, V>(V x) where S : struct, ISimd<V> where V : struct
    {
        var (t, exp, ratio) = Tail<S, V>(x);
        return S.Subtract(S.Max(S.Zero, x), S.Multiply(S.Multiply(t, exp), ratio));
    }

    // Φ(x) + x φ(x), which at -|x| is e^(-x²/2) (R(|x|) - |x| φ(0)), and at |x| one minus that.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Derivative<S, V>(V x) where S : struct, ISimd<V> where V : struct
    {
        var (t, exp, ratio) = Tail<S, V>(x);
        var low = S.Multiply(exp, S.MultiplyAdd(t, S.Broadcast(-DensityAtZero), ratio));
        return S.SelectLess(x, S.Zero, low, S.Subtract(S.Broadcast(1), low));
    }

    // |x|, e^(-x²/2) and R(|x|), of |x| up to 13: beyond, the exponential would leave the normal numbers, and all that it multiplies is 0
    // already.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (V T, V Exp, V Ratio) Tail<S, V>(V x) where S : struct, ISimd<V> where V : struct
    {
        var t = S.Min(S.Broadcast(13), S.Max(S.Subtract(S.Zero, x), x));
        var p = S.MultiplyAdd(t, S.Broadcast(1.271339644e-06f), S.Broadcast(-2.899579479e-05f));
        p = S.MultiplyAdd(p, t, S.Broadcast(0.0002951698907f));
        p = S.MultiplyAdd(p, t, S.Broadcast(-0.001801429207f));
        p = S.MultiplyAdd(p, t, S.Broadcast(0.007541906018f));
        p = S.MultiplyAdd(p, t, S.Broadcast(-0.02376292789f));
        p = S.MultiplyAdd(p, t, S.Broadcast(0.06070178348f));
        p = S.MultiplyAdd(p, t, S.Broadcast(-0.1323055939f));
        p = S.MultiplyAdd(p, t, S.Broadcast(0.2498695685f));
        p = S.MultiplyAdd(p, t, S.Broadcast(-0.3989324728f));
        p = S.MultiplyAdd(p, t, S.Broadcast(0.4999998783f));
        return (t, ExpOfHalfSquare<S, V>(t), p);
    }

    // e^(-t²/2) = 2ⁿ 2ʳ with integral n and |r| ≤ 1/2, and 2ʳ by the polynomial with the smallest relative error, 8·10⁻⁸. An exponent that
    // is wrong by its last bit harms no absolute error, so this does without the two-part reduction of SimdMath.Exp.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V ExpOfHalfSquare<S, V>(V t) where S : struct, ISimd<V> where V : struct
    {
        var (square, factor, rounder) = (S.Multiply(t, t), S.Broadcast(-0.7213475204f), S.Broadcast(12582912)); // 1.5 · 2²³ added rounds
        var n = S.Subtract(S.MultiplyAdd(square, factor, rounder), rounder);
        var r = S.MultiplyAdd(square, factor, S.Subtract(S.Zero, n));
        var p = S.MultiplyAdd(r, S.Broadcast(0.001340973943f), S.Broadcast(0.009676036523f));
        p = S.MultiplyAdd(p, r, S.Broadcast(0.05550298129f));
        p = S.MultiplyAdd(p, r, S.Broadcast(0.2402210737f));
        p = S.MultiplyAdd(p, r, S.Broadcast(0.6931472249f));
        p = S.MultiplyAdd(p, r, S.Broadcast(1.000000075f));
        return S.TimesPowerOfTwo(p, n);
    }
}
