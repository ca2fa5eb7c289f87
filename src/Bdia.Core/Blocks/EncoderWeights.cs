using Bdia.Core.Layers;
using Bdia.Core.Operations;

namespace Bdia.Core.Blocks;

/// <summary>
/// Where the weights of a block lie that <see cref="EncoderKernel"/> computes: self-attention to all tokens, then a feed-forward layer.
/// Valid while the block is alive and its weights stay where they are.
/// </summary>
internal readonly struct EncoderWeights(LayerNorm attentionNorm, SelfAttention attention, LayerNorm feedForwardNorm,
    FeedForward feedForward)
{
    public NormWeights AttentionNorm { get; } = new(attentionNorm);

    public DenseWeights QueryKeyValue { get; } = new(attention.QueryKeyValue.Weight, attention.QueryKeyValue.Bias);

    public DenseWeights Projection { get; } = new(attention.Projection.Weight, attention.Projection.Bias);

    public NormWeights FeedForwardNorm { get; } = new(feedForwardNorm);

    public DenseWeights First { get; } = new(feedForward.First.Weight, feedForward.First.Bias);

    public DenseWeights Second { get; } = new(feedForward.Second.Weight, feedForward.Second.Bias);
}
