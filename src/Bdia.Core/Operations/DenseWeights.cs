using Bdia.Core.Simd;
using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Operations;

/// <summary>Where a dense layer's weights lie on the CPU, for kernels that apply it to few rows. Valid while they are alive.</summary>
/// <remarks>
/// A product that rearranges the weights first, as libtorch's does, spends much of its time on that where rows are few; here they are read
/// in place.
/// </remarks>
internal readonly unsafe struct DenseWeights
{
    // 8 KB of weights, which stay in the core's nearest cache while all rows pass by and the next ones come
    private const int BlockElements = 1 << 11;

    private readonly float* weight, bias;
    private readonly int inputs;

    /// <param name="weight">(outputs, inputs).</param>
    /// <param name="bias">(outputs); null for none.</param>
    public DenseWeights(Tensor weight, Tensor? bias)
    {
        this.weight = TensorMemory.Pointer<float>(weight);
        this.bias = bias is null ? null : TensorMemory.Pointer<float>(bias);
        var shape = weight.shape;
        (Outputs, inputs) = ((int)shape[0], (int)shape[1]);
    }

    public int Outputs { get; }

    /// <summary>Yᵀ = W Xᵀ + b, all of it.</summary>
    /// <inheritdoc cref="Apply{S, V}(float*, nint, float*, nint, int, int, int)"/>
    public void Apply<S, V>(float* x, float* y, nint stride, int rows) where S : struct, ISimd<V> where V : struct
        => Apply<S, V>(x, stride, y, stride, rows, 0, Outputs);

    /// <summary>Some outputs of Yᵀ = W Xᵀ + b, on the calling thread.</summary>
    /// <param name="x">inputs × rows, inputs <paramref name="stride"/> apart.</param>
    /// <param name="y">outputs × rows, outputs <paramref name="yStride"/> apart; is overwritten.</param>
    /// <param name="rows">Rounded up to whole registers.</param>
    /// <param name="first">The first output.</param>
    /// <param name="end">The output behind the last one.</param>
    public void Apply<S, V>(float* x, nint stride, float* y, nint yStride, int rows, int first, int end)
        where S : struct, ISimd<V> where V : struct
        => Apply<S, V>(x, stride, y, yStride, rows, first, end, default);

    /// <summary>The same, and of rows that are left over, which lie as rows.</summary>
    /// <inheritdoc cref="Apply{S, V}(float*, nint, float*, nint, int, int, int)"/>
    public void Apply<S, V>(float* x, nint stride, float* y, nint yStride, int rows, int first, int end, in RestRows rest)
        where S : struct, ISimd<V> where V : struct
    {
        var block = Math.Max(6, BlockElements / inputs / 6 * 6); // whole tiles of the product
        for (; first < end; first += block)
        {
            var count = Math.Min(block, end - first);
            var weight = this.weight + (nint)first * inputs;
            TensorMemory.Prefetch(weight + (nint)count * inputs, (long)Math.Min(block, end - first - count) * inputs);
            for (var output = first; bias != null && output < first + count; output++) Fill<S, V>(y + output * yStride, bias[output], rows);
            SimdProduct<S, V>.Run(new((nint)weight, inputs, 1), x, stride, y + first * yStride, yStride, count,
                rows, inputs, add: bias != null);
            for (var row = 0; row < rest.Count; row++) Apply(rest, row, first, count);
        }
    }

    // While the weights are near.
    private void Apply(in RestRows rest, int row, int first, int count)
    {
        var y = rest.Y + row * rest.YRow + first * rest.YStride;
        for (var output = 0; bias != null && output < count; output++) y[output * rest.YStride] = bias[first + output];
        RowProduct.Run(rest.X + row * rest.XRow, weight + (nint)first * inputs, inputs, y, rest.YStride, inputs, count, add: bias != null);
    }

    private static void Fill<S, V>(float* row, float value, int count) where S : struct, ISimd<V> where V : struct
    {
        for (var i = 0; i < count; i += S.Count) S.Store(S.Broadcast(value), row + i);
    }
}
