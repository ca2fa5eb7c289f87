using System.Runtime.CompilerServices;
using Bdia.Core.Layers;
using Bdia.Core.Simd;
using Bdia.Core.Tensors;

namespace Bdia.Core.Blocks;

/// <summary>
/// Where a layer normalisation's weights lie on the CPU, for kernels whose rows lie as columns. Valid while the layer is alive.
/// </summary>
internal readonly unsafe struct NormWeights(LayerNorm layer)
{
    private readonly float* weight = TensorMemory.Pointer<float>(layer.Weight), bias = TensorMemory.Pointer<float>(layer.Bias);
    private readonly int width = (int)layer.Weight.shape[0];
    private readonly float added = (float)layer.Added;

    /// <summary>Normalises a row of its own, to the same bits.</summary>
    /// <param name="x">width elements; so is <paramref name="y"/>, which is overwritten, and may be x.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Apply(float* x, float* y)
    {
        var (share, sum, squares) = (1f / width, 0f, 0f);
        for (var d = 0; d < width; d++) sum += x[d];
        var mean = sum * share;
        for (var d = 0; d < width; d++)
        {
            var centred = x[d] - mean;
            squares = MathF.FusedMultiplyAdd(centred, centred, squares);
        }

        var factor = 1 / MathF.Sqrt(MathF.FusedMultiplyAdd(squares, share, added));
        for (var d = 0; d < width; d++) y[d] = MathF.FusedMultiplyAdd((x[d] - mean) * factor, weight[d], bias[d]);
    }

    /// <summary>Normalises each column.</summary>
    /// <param name="x">width × rows, features <paramref name="stride"/> apart; so is <paramref name="y"/>, which is overwritten.</param>
    /// <param name="rows">Rounded up to whole registers.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Apply<S, V>(float* x, float* y, nint stride, int rows) where S : struct, ISimd<V> where V : struct
    {
        var deviations = stackalloc float[S.Count];
        var share = S.Broadcast(1f / width);
        for (var first = 0; first < rows; first += S.Count)
        {
            var (sum, squares) = (S.Zero, S.Zero);
            for (var d = 0; d < width; d++) sum = S.Add(sum, S.Load(x + d * stride + first));
            var mean = S.Multiply(sum, share);
            for (var d = 0; d < width; d++)
            {
                var centred = S.Subtract(S.Load(x + d * stride + first), mean);
                squares = S.MultiplyAdd(centred, centred, squares);
            }

            S.Store(S.MultiplyAdd(squares, share, S.Broadcast(added)), deviations);
            for (var i = 0; i < S.Count; i++) deviations[i] = 1 / MathF.Sqrt(deviations[i]);
            var factor = S.Load(deviations);
            for (var d = 0; d < width; d++)
            {
                var normal = S.Multiply(S.Subtract(S.Load(x + d * stride + first), mean), factor);
                S.Store(S.MultiplyAdd(normal, S.Broadcast(weight[d]), S.Broadcast(bias[d])), y + d * stride + first);
            }
        }
    }
}
