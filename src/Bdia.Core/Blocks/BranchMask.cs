using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Simd;
using Bdia.Core.Tensors;
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

    /// <summary>Multiplies in place, as a stage of a chain where that is open.</summary>
    /// <inheritdoc cref="Apply(Tensor)"/>
    public unsafe void Apply(RowChain chain, Tensor t)
    {
        if (!IsActive) return;
        if (!chain.IsOpen)
        {
            Apply(t);
            return;
        }

        var start = TensorMemory.Pointer<float>(t);
        var size = t.numel() / t.shape[0];
        chain.Add(stretch => Apply(start + stretch.First * size, stretch, size));
    }

    /// <summary>Multiplies some sequences in place, on the calling thread.</summary>
    /// <param name="x">The first of them.</param>
    /// <param name="stretch">Which they are.</param>
    /// <param name="size">Elements of a sequence.</param>
    public unsafe void Apply(float* x, Stretch stretch, long size)
    {
        elements?.Apply(x, stretch.First, stretch.End - stretch.First, size, dropout);
        for (var sample = stretch.First; samples is { } drawn && sample < stretch.End; sample++, x += size)
            SimdVectors.Multiply(x, drawn.OfSample(sample, stochasticDepth), size);
    }

    /// <summary>Multiplies in place.</summary>
    /// <param name="t">(B, ...), float32, contiguous, on the CPU.</param>
    public void Apply(Tensor t)
    {
        using var scope = NewDisposeScope();
        elements?.Apply(t, dropout);
        samples?.ApplyPerSample(t, stochasticDepth);
    }
}
