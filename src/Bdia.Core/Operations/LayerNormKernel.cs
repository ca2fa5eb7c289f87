using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Bdia.Core.Simd;
using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Operations;

/// <summary>
/// <see cref="LayerNormalization.Apply"/> on the CPU, computed in float32, and back. A row stays in cache while it is read again, so the
/// backward pass computes mean and deviation anew and nothing is kept for it. The bits do not depend on the number of threads.
/// </summary>
internal static unsafe class LayerNormKernel
{
    /// <param name="x">(rows, D), float32.</param>
    /// <param name="weight">(D), float32; so is <paramref name="bias"/>.</param>
    /// <param name="epsilon">Is added to the variance.</param>
    /// <param name="output">(rows, D), float32 or bfloat16; is overwritten.</param>
    /// <param name="threads">null = as many as libtorch uses.</param>
    public static void Forward(Tensor x, Tensor weight, Tensor bias, double epsilon, Tensor output, int? threads = null)
    {
        var (rows, target) = (Float32(x), new TensorRows(output));
        target = target.Require(rows.Count, rows.Length, float32: false);
        float* scales = Vector(weight, rows), shifts = Vector(bias, rows);
        KernelThreads.For(rows.Pieces, piece =>
        {
            var first = (nint)piece * TensorRows.Piece * rows.Length;
            Forward((float*)rows.Start + first, scales, shifts, (float)epsilon,
                target.Start + first * (target.IsBFloat16 ? BFloat16Element.Size : Float32Element.Size), target.IsBFloat16,
                rows.PieceRows(piece), rows.Length);
        }, threads);
    }

    /// <summary>The same of some rows, on the calling thread.</summary>
    public static void Forward(float* x, float* weight, float* bias, float epsilon, byte* output, bool isBFloat16, int count, int length)
    {
        if (isBFloat16) Run<BFloat16Element>();
        else Run<Float32Element>();

        void Run<E>() where E : struct, ISimdElement
        {
            if (Vector512.IsHardwareAccelerated && length % Simd512.Count == 0) Rows<Simd512, Vector512<float>, WholeEnds>();
            else if (length % Simd256.Count == 0) Rows<Simd256, Vector256<float>, WholeEnds>();
            else Rows<Simd256, Vector256<float>, AnyEnds>();

            void Rows<S, V, W>() where S : struct, ISimd<V> where V : struct where W : struct, IRowEnds
                => Forward<S, V, E, W>(x, weight, bias, epsilon, output, count, length);
        }
    }

    /// <param name="x">(rows, D), float32: what the forward pass was given; so are <paramref name="weight"/> and
    /// <paramref name="epsilon"/>.</param>
    /// <param name="gradient">(rows, D), float32 or bfloat16: gradient by the output.</param>
    /// <param name="addend">(rows, D), float32; null = zeros.</param>
    /// <param name="destination">(rows, D), float32, and may be <paramref name="gradient"/> or <paramref name="addend"/>; becomes the
    /// latter plus the gradient by <paramref name="x"/>.</param>
    /// <param name="weightGradient">(D), float32; is overwritten, as is <paramref name="biasGradient"/>.</param>
    /// <param name="threads">null = as many as libtorch uses.</param>
    public static void Backward(Tensor x, Tensor weight, double epsilon, Tensor gradient, Tensor? addend, Tensor destination,
        Tensor weightGradient, Tensor biasGradient, int? threads = null)
    {
        var (rows, outer, target) = (Float32(x), new TensorRows(gradient), Float32(destination));
        outer = outer.Require(rows.Count, rows.Length, float32: false);
        target = target.Require(rows.Count, rows.Length, float32: true);
        var added = addend is null ? null : (float*)Float32(addend).Require(rows.Count, rows.Length, float32: true).Start;
        float* scales = Vector(weight, rows), weightSums = Vector(weightGradient, rows), biasSums = Vector(biasGradient, rows);

        using var partial = new Scratch((rows.Pieces, rows.Length), (rows.Pieces, rows.Length));
        float* weights = partial.Take(rows.Pieces, rows.Length), biases = partial.Take(rows.Pieces, rows.Length);
        var stride = (nint)Scratch.Stride(rows.Length);
        KernelThreads.For(rows.Pieces, piece =>
        {
            var first = (nint)piece * TensorRows.Piece * rows.Length;
            Backward(new Operands
            {
                X = (float*)rows.Start + first,
                Weight = scales,
                Gradient = outer.Start + first * (outer.IsBFloat16 ? BFloat16Element.Size : Float32Element.Size),
                Addend = added == null ? null : added + first,
                Destination = (float*)target.Start + first,
                WeightSums = weights + piece * stride,
                BiasSums = biases + piece * stride,
            }, outer.IsBFloat16, (float)epsilon, rows.PieceRows(piece), rows.Length);
        }, threads);
        ColumnSums.AddPieces(weights, rows.Pieces, stride, rows.Length, weightSums);
        ColumnSums.AddPieces(biases, rows.Pieces, stride, rows.Length, biasSums);
    }

    /// <summary>The same of some rows, on the calling thread.</summary>
    /// <param name="rows">Where they are; the sums are overwritten, in whole registers.</param>
    /// <param name="isBFloat16">Whether the gradient is.</param>
    public static void Backward(Operands rows, bool isBFloat16, float epsilon, int count, int length)
    {
        if (isBFloat16) Run<BFloat16Element>();
        else Run<Float32Element>();

        void Run<E>() where E : struct, ISimdElement
        {
            if (Vector512.IsHardwareAccelerated && length % Simd512.Count == 0) Rows<Simd512, Vector512<float>, WholeEnds>();
            else if (length % Simd256.Count == 0) Rows<Simd256, Vector256<float>, WholeEnds>();
            else Rows<Simd256, Vector256<float>, AnyEnds>();

            void Rows<S, V, W>() where S : struct, ISimd<V> where V : struct where W : struct, IRowEnds
                => Backward<S, V, E, W>(rows, epsilon, count, length);
        }
    }

    private static TensorRows Float32(Tensor x)
    {
        var rows = new TensorRows(x);
        return rows.Require(rows.Count, rows.Length, float32: true);
    }

    private static float* Vector(Tensor x, TensorRows rows)
        => (float*)new TensorRows(x).Require(rows.Length == 0 ? 0 : 1, rows.Length, float32: true).Start;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Forward<S, V, E, W>(float* x, float* weight, float* bias, float epsilon, byte* output, int count, int length)
        where S : struct, ISimd<V> where V : struct where E : struct, ISimdElement where W : struct, IRowEnds
    {
        for (; count > 0; count--, x += length, output += (nint)length * E.Size)
        {
            var mean = Mean<S, V, W>(x, length);
            var squares = S.Zero;
            for (var i = 0; i < length; i += S.Count)
            {
                var centred = Centred<S, V, W>(x, mean, i, length);
                squares = S.MultiplyAdd(centred, centred, squares);
            }

            var factor = S.Broadcast(1 / MathF.Sqrt(S.Sum(squares) / length + epsilon));
            var shift = S.Broadcast(mean);
            for (var i = 0; i < length; i += S.Count)
            {
                var normal = S.Multiply(S.Subtract(Load<S, V, W>(x, i, length), shift), factor);
                SimdElements<S, V, E, W>.Store(S.MultiplyAdd(normal, Load<S, V, W>(weight, i, length), Load<S, V, W>(bias, i, length)),
                    output, i, length);
            }
        }
    }

    // With g the gradient by the output, w the weight and n the normalised row: (g w - mean(g w) - n mean(g w n)) / deviation.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Backward<S, V, E, W>(Operands p, float epsilon, int count, int length)
        where S : struct, ISimd<V> where V : struct where E : struct, ISimdElement where W : struct, IRowEnds
    {
        float* x = p.X, addend = p.Addend, destination = p.Destination;
        byte* outer = p.Gradient;
        NativeMemory.Clear(p.WeightSums, (nuint)Scratch.Stride(length) * sizeof(float));
        NativeMemory.Clear(p.BiasSums, (nuint)Scratch.Stride(length) * sizeof(float));
        for (; count > 0; count--, x += length, outer += (nint)length * E.Size, destination += length)
        {
            var mean = Mean<S, V, W>(x, length);
            var (squares, sum, products) = (S.Zero, S.Zero, S.Zero);
            for (var i = 0; i < length; i += S.Count)
            {
                var centred = Centred<S, V, W>(x, mean, i, length);
                var weighted = S.Multiply(SimdElements<S, V, E, W>.Load(outer, i, length), Load<S, V, W>(p.Weight, i, length));
                squares = S.MultiplyAdd(centred, centred, squares);
                sum = S.Add(sum, weighted);
                products = S.MultiplyAdd(weighted, centred, products);
            }

            var inverse = 1 / MathF.Sqrt(S.Sum(squares) / length + epsilon);
            var (shift, factor) = (S.Broadcast(mean), S.Broadcast(inverse));
            var (minusMean, minusSlope) = (S.Broadcast(-S.Sum(sum) / length), S.Broadcast(-S.Sum(products) * inverse / length));
            for (var i = 0; i < length; i += S.Count)
            {
                var normal = S.Multiply(S.Subtract(Load<S, V, W>(x, i, length), shift), factor);
                var g = SimdElements<S, V, E, W>.Load(outer, i, length);
                S.Store(S.MultiplyAdd(g, normal, S.Load(p.WeightSums + i)), p.WeightSums + i);
                S.Store(S.Add(g, S.Load(p.BiasSums + i)), p.BiasSums + i);
                var inner = S.MultiplyAdd(normal, minusSlope, S.MultiplyAdd(g, Load<S, V, W>(p.Weight, i, length), minusMean));
                var result = S.MultiplyAdd(inner, factor, addend == null ? S.Zero : Load<S, V, W>(addend, i, length));
                SimdElements<S, V, Float32Element, W>.Store(result, (byte*)destination, i, length);
            }

            if (addend != null) addend += length;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Mean<S, V, W>(float* x, int length) where S : struct, ISimd<V> where V : struct where W : struct, IRowEnds
    {
        var sum = S.Zero;
        for (var i = 0; i < length; i += S.Count) sum = S.Add(sum, Load<S, V, W>(x, i, length));
        return S.Sum(sum) / length;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Load<S, V, W>(float* row, int i, int length) where S : struct, ISimd<V> where V : struct where W : struct, IRowEnds
        => SimdElements<S, V, Float32Element, W>.Load((byte*)row, i, length);

    // x - mean, and zeros beyond the end of the row.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Centred<S, V, W>(float* x, float mean, int i, int length) where S : struct, ISimd<V>
        where V : struct where W : struct, IRowEnds
    {
        var centred = S.Subtract(Load<S, V, W>(x, i, length), S.Broadcast(mean));
        return W.Whole || i <= length - S.Count ? centred : S.SelectLess(S.Indices, S.Broadcast(length - i), centred, S.Zero);
    }

    /// <summary>Where rows of the backward pass lie, and what belongs to them.</summary>
    internal struct Operands
    {
        public float* X, Weight, Addend, Destination, WeightSums, BiasSums;
        public byte* Gradient;
    }
}
