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

    /// <inheritdoc cref="LayerNormKernel.Backward(Tensor, Tensor, double, Tensor, Tensor, Tensor, Tensor, Tensor, int?)"/>
    public static void Backward(Tensor x, Tensor weight, double epsilon, Tensor gradient, Tensor? addend,
        Tensor destination, Tensor weightGradient, Tensor biasGradient)
        => LayerNormKernel.Backward(x, weight, epsilon, gradient, addend, destination, weightGradient, biasGradient);
}
