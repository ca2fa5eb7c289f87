using Bdia.Core.Layers;
using Bdia.Core.Operations;

namespace Bdia.Core.Blocks;

/// <summary>Where the weights of a <see cref="DecoderBlock"/> lie on the CPU that a step of incremental decoding reads. Valid while the block is alive.</summary>
internal sealed class DecoderStepWeights(LayerNorm norm1, SelfAttention attn, LayerNorm norm2, CrossAttention cross, LayerNorm norm3, FeedForward mlp)
{
    /// <summary>D.</summary>
    public int Width { get; } = (int)norm1.Weight.shape[0];

    public NormMemory Norm1 { get; } = new(norm1);

    public DenseMemory QueryKeyValue { get; } = Of(attn.QueryKeyValue);

    public DenseMemory SelfProjection { get; } = Of(attn.Projection);

    public NormMemory Norm2 { get; } = new(norm2);

    public DenseMemory Query { get; } = Of(cross.Query);

    public DenseMemory CrossProjection { get; } = Of(cross.Projection);

    public NormMemory Norm3 { get; } = new(norm3);

    public DenseMemory Hidden { get; } = Of(mlp.First);

    public DenseMemory Output { get; } = Of(mlp.Second);

    private static DenseMemory Of(Dense layer) => new(layer.Weight, layer.Bias);
}
