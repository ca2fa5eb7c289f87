using static TorchSharp.torch;

namespace Bdia.Core.Blocks;

/// <summary>
/// What <see cref="DecoderStepKernel"/> reads of a block, gathered once for all steps of a text: where its tensors lie is some hundred
/// calls to libtorch. It keeps the memory of the weights alive, whatever becomes of the block meanwhile.
/// </summary>
internal sealed class BlockStep : IDisposable
{
    private readonly Tensor[] weights;

    /// <param name="width">D.</param>
    /// <param name="parameters">All weights of the block.</param>
    /// <param name="sublayers">Its sub-layers, in order.</param>
    public BlockStep(int width, IEnumerable<Tensor> parameters, SublayerStep[] sublayers)
    {
        (Width, Sublayers) = (width, sublayers);
        weights = [.. parameters.Select(weight => weight.detach().DetachFromDisposeScope())];
    }

    /// <summary>D.</summary>
    public int Width { get; }

    /// <summary>In the order in which they are summed.</summary>
    public SublayerStep[] Sublayers { get; }

    public void Dispose()
    {
        foreach (var weight in weights) weight.Dispose();
    }
}
