using Bdia.Core.Numerics;
using Bdia.Core.Reversible;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Blocks;

/// <summary>Dropout and stochastic depth of one branch in one step, to be applied to what the branch adds and again to its gradient.</summary>
internal sealed class BranchMask
{
    private readonly double _dropout, _stochasticDepth;
    private readonly BlockRandom.Mask? _elements, _samples;

    /// <summary>Draws in the order in which <see cref="TransformerBlockOptions.Regularised"/> does; nothing in evaluation mode.</summary>
    public BranchMask(TransformerBlockOptions options, BlockRandom? random)
    {
        (_dropout, _stochasticDepth) = (options.Dropout, options.StochasticDepth);
        if (_dropout > 0) _elements = random?.NextMask();
        if (_stochasticDepth > 0) _samples = random?.NextMask();
    }

    /// <summary>Whether anything is drawn at all.</summary>
    public bool IsActive => _elements is not null || _samples is not null;

    /// <summary>Multiplies in place.</summary>
    /// <param name="t">(B, ...), float32, contiguous, on the CPU.</param>
    public void Apply(Tensor t)
    {
        using var scope = NewDisposeScope();
        _elements?.Apply(t, _dropout);
        _samples?.ApplyPerSample(t, _stochasticDepth);
    }
}
