using Bdia.Core.Reversible;
using Bdia.Core.Simd;
using static TorchSharp.torch;

namespace Bdia.Core.Blocks;

/// <summary>A stack of blocks in which every token attends to all others of its sequence.</summary>
internal static class Encoder
{
    /// <summary>x_K.</summary>
    /// <param name="stack">In training or in evaluation.</param>
    /// <param name="x">x_0, (B, N, D).</param>
    /// <param name="leading">How many tokens are read, the first ones; null for all.</param>
    /// <returns>(B, N, D), or (B, n, D).</returns>
    /// <exception cref="ReversibilityException">A state left the range that can be represented exactly, or was not finite.</exception>
    public static Tensor Run(BdiaStack stack, Tensor x, int? leading = null)
        => CpuKernels.Serve(x, multiplies: true) && EncoderKernel.Fits(stack, x) ? EncoderKernel.Run(stack, x, leading)
            : ByStack(stack, x, leading);

    /// <inheritdoc cref="Run"/>
    /// <remarks>Block by block, each by libtorch's products: in training, on other devices, and as the reference of the kernel.</remarks>
    public static Tensor ByStack(BdiaStack stack, Tensor x, int? leading)
        => leading is { } tokens ? stack.Leading(x, tokens) : stack.forward(x);
}
