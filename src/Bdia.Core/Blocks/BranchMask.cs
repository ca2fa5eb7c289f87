using Bdia.Core.Numerics;
using Bdia.Core.Reversible;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Blocks;

/// <summary>
/// Dropout and stochastic depth of one branch in one step, to be applied to what the branch adds and again to its gradient.
/// </summary>
internal sealed class BranchMask
{
    private readonly double dropout, stochasticDepth;
    private readonly BlockRandom.Mask? elements, samples;

    /// <summary>Draws in the order in which <see cref="TransformerBlockOptions.Regularised"/> does; nothing in evaluation mode.</summary>
    public BranchMask(TransformerBlockOptions options, BlockRandom? random)
    {
        (dropout, stochasticDepth) = (options.Dropout, options.StochasticDepth);
        if (dropout > 0) elements = random?.NextMask();
        if (stochasticDepth > 0) samples = random?.NextMask();
    }

    /// <summary>Whether anything is drawn at all.</summary>
    public bool IsActive => elements is not null || samples is not null;

    /// <summary>Multiplies in place.</summary>
    /// <param name="t">(B, ...), float32, contiguous, on the CPU.</param>
    public void Apply(Tensor t)
    {
        using var scope = NewDisposeScope();
        elements?.Apply(t, dropout);
        samples?.ApplyPerSample(t, stochasticDepth);
    }
}
