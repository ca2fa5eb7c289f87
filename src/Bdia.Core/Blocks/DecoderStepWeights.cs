using Bdia.Core.Layers;
using Bdia.Core.Operations;

namespace Bdia.Core.Blocks;

/// <summary>Where the weights of a <see cref="DecoderBlock"/> lie on the CPU that a step of incremental decoding reads. Valid while the block is alive.</summary>
internal sealed class DecoderStepWeights(LayerNorm norm1, SelfAttention attn, LayerNorm norm2, CrossAttention cross, LayerNorm norm3, FeedForward mlp)
{
    /// <summary>D.</summary>
    public int Width { get; } = (int)norm1.Weight.shape[0];

    public NormWeights Norm1 { get; } = new(norm1);

    public DenseWeights QueryKeyValue { get; } = Of(attn.QueryKeyValue);

    public DenseWeights SelfProjection { get; } = Of(attn.Projection);

    public NormWeights Norm2 { get; } = new(norm2);

    public DenseWeights Query { get; } = Of(cross.Query);

    public DenseWeights CrossProjection { get; } = Of(cross.Projection);

    public NormWeights Norm3 { get; } = new(norm3);

    public DenseWeights Hidden { get; } = Of(mlp.First);

    public DenseWeights Output { get; } = Of(mlp.Second);

    private static DenseWeights Of(Dense layer) => new(layer.Weight, layer.Bias);
}
