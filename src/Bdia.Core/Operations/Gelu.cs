using Bdia.Core.Simd;
using Bdia.Core.Tensors;
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

    /// <summary>The same as a stage of a chain.</summary>
    /// <param name="tokens">Rows of a sequence.</param>
    public static unsafe void Forward(RowChain chain, long tokens, Tensor x, Tensor y)
    {
        if (!chain.IsOpen)
        {
            Forward(x, y);
            return;
        }

        TensorRows source = new(x), target = new(y);
        chain.Add(stretch =>
        {
            var (first, count) = stretch.Rows(tokens);
            var offset = (nint)(first * source.Length * source.ElementSize);
            GeluKernel.Forward(source.Start + offset, target.Start + offset, source.IsBFloat16, count * source.Length);
        });
    }

    /// <summary>
    /// The backward pass as a stage of a chain that is open, which is run: <paramref name="gradient"/>, made by the stages before, becomes
    /// the gradient by <paramref name="x"/>.
    /// </summary>
    /// <param name="tokens">Rows of a sequence.</param>
    /// <param name="biasGradient">(D), float32; is overwritten by the sums over rows of the new gradient.</param>
    public static unsafe void Backward(RowChain chain, long tokens, Tensor x, Tensor gradient, Tensor biasGradient)
    {
        TensorRows source = new(x), target = new(gradient);
        var (stretches, stride) = (chain.Stretches, (nint)Scratch.Stride(source.Length));
        using var partial = new Scratch((stretches, source.Length));
        var sums = partial.Take(stretches, source.Length);
        chain.Add(stretch =>
        {
            var (first, count) = stretch.Rows(tokens);
            var offset = (nint)(first * source.Length * source.ElementSize);
            GeluKernel.Backward(source.Start + offset, target.Start + offset, source.IsBFloat16, count, source.Length,
                sums + stretch.Index * stride);
        });
        chain.Run();
        ColumnSums.AddPieces(sums, stretches, stride, source.Length, TensorMemory.Pointer<float>(biasGradient));
    }

    /// <inheritdoc cref="GeluKernel.Backward(Tensor, Tensor, Tensor, int?)"/>
    public static void Backward(Tensor x, Tensor gradient, Tensor biasGradient) => GeluKernel.Backward(x, gradient, biasGradient);
}
