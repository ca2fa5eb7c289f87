using static TorchSharp.torch;

namespace Bdia.Core.Operations;

/// <summary>The exact Gaussian error linear unit, x Φ(x) (Hendrycks and Gimpel, 2016).</summary>
/// <remarks>
/// Which form runs is chosen for a block as a whole: one whose backward pass is written down takes those over memory, forth and back.
/// </remarks>
internal static class Gelu
{
    /// <summary>By libtorch, differentiable and on any device.</summary>
    public static Tensor Apply(Tensor x) => x.gelu();

    /// <inheritdoc cref="GeluKernel.Forward(Tensor, Tensor, int?)"/>
    public static void Forward(Tensor x, Tensor y) => GeluKernel.Forward(x, y);

    /// <inheritdoc cref="GeluKernel.Backward(Tensor, Tensor, Tensor, int?)"/>
    public static void Backward(Tensor x, Tensor gradient, Tensor biasGradient) => GeluKernel.Backward(x, gradient, biasGradient);
}
