using Bdia.Core.Simd;
using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Operations;

/// <summary>Layer normalisation over the last dimension (Ba et al., 2016), in float32.</summary>
/// <remarks>
/// Which form runs is chosen for a block as a whole: one whose backward pass is written down takes those over memory, forth and back.
/// </remarks>
internal static class LayerNormalization
{
    /// <summary>By libtorch, differentiable and on any device.</summary>
    /// <param name="x">(..., D), float32.</param>
    /// <param name="weight">(D), float32; so is <paramref name="bias"/>.</param>
    /// <param name="epsilon">Is added to the variance.</param>
    public static Tensor Apply(Tensor x, Tensor weight, Tensor bias, double epsilon)
        => nn.functional.layer_norm(x, weight.shape, weight, bias, epsilon);

    /// <inheritdoc cref="LayerNormKernel.Forward(Tensor, Tensor, Tensor, double, Tensor, int?)"/>
    public static void Forward(Tensor x, Tensor weight, Tensor bias, double epsilon, Tensor output)
        => LayerNormKernel.Forward(x, weight, bias, epsilon, output);

    /// <summary>Makes normalised rows for a stage of a chain.</summary>
    /// <param name="x">(..., D), float32, contiguous; like the weights, must live until the chain has run.</param>
    /// <param name="weight">(D), float32; so is <paramref name="bias"/>.</param>
    /// <param name="epsilon">Is added to the variance.</param>
    /// <param name="type">Of what is made.</param>
    public static unsafe RowSource Rows(Tensor x, Tensor weight, Tensor bias, double epsilon, ScalarType type)
    {
        var (rows, w, b) = ((nint)TensorMemory.Pointer<float>(x), (nint)TensorMemory.Pointer<float>(weight),
            (nint)TensorMemory.Pointer<float>(bias));
        var width = (int)weight.shape[0];
        return (first, count) =>
        {
            var normalised = ThreadScratch.Take(ThreadScratch.Purpose.Normalised, (long)count * width);
            LayerNormKernel.Forward((float*)rows + first * width, (float*)w, (float*)b, (float)epsilon, (byte*)normalised,
                type == ScalarType.BFloat16, count, width);
            return (nint)normalised;
        };
    }

    /// <summary>The backward pass as a stage of a chain, which is run.</summary>
    /// <param name="chain">Open.</param>
    /// <param name="tokens">Rows of a sequence.</param>
    /// <param name="gradient">Makes the gradient by the output, float32.</param>
    /// <inheritdoc cref="LayerNormKernel.Backward(Tensor, Tensor, double, Tensor, Tensor, Tensor, Tensor, Tensor, int?)"/>
    public static unsafe void Backward(RowChain chain, long tokens, Tensor x, Tensor weight, double epsilon, RowSource gradient,
        Tensor? addend, Tensor destination, Tensor weightGradient, Tensor biasGradient)
    {
        var width = (int)weight.shape[0];
        var (stretches, stride) = (chain.Stretches, (nint)Scratch.Stride(width));
        using var partial = new Scratch((stretches, width), (stretches, width));
        float* weights = partial.Take(stretches, width), biases = partial.Take(stretches, width);
        float* from = TensorMemory.Pointer<float>(x), to = TensorMemory.Pointer<float>(destination);
        float* scales = TensorMemory.Pointer<float>(weight), added = addend is null ? null : TensorMemory.Pointer<float>(addend);
        chain.Add(stretch =>
        {
            var (first, count) = stretch.Rows(tokens);
            var offset = first * width;
            LayerNormKernel.Backward(new()
            {
                X = from + offset,
                Weight = scales,
                Gradient = (byte*)gradient(first, count),
                Addend = added == null ? null : added + offset,
                Destination = to + offset,
                WeightSums = weights + stretch.Index * stride,
                BiasSums = biases + stretch.Index * stride,
            }, isBFloat16: false, (float)epsilon, count, width);
        });
        chain.Run();
        ColumnSums.AddPieces(weights, stretches, stride, width, TensorMemory.Pointer<float>(weightGradient));
        ColumnSums.AddPieces(biases, stretches, stride, width, TensorMemory.Pointer<float>(biasGradient));
    }

    /// <inheritdoc cref="LayerNormKernel.Backward(Tensor, Tensor, double, Tensor, Tensor, Tensor, Tensor, Tensor, int?)"/>
    public static void Backward(Tensor x, Tensor weight, double epsilon, Tensor gradient, Tensor? addend,
        Tensor destination, Tensor weightGradient, Tensor biasGradient)
        => LayerNormKernel.Backward(x, weight, epsilon, gradient, addend, destination, weightGradient, biasGradient);
}
