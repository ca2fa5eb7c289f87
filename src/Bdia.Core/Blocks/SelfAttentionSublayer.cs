using Bdia.Core.Layers;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Blocks;

/// <summary><see cref="SelfAttention"/> as a sub-layer: causal where the options say so.</summary>
internal sealed class SelfAttentionSublayer : Sublayer
{
    private readonly SelfAttention attention;

    private SelfAttentionSublayer(TransformerBlockOptions options, SelfAttention attention) : base("attn", attention, options)
        => this.attention = attention;

    public static Sublayer Create(TransformerBlockOptions options, Generator generator)
        => new SelfAttentionSublayer(options, new(options.Width, options.Heads, generator, options.Precision, options.Weights,
            options.QueryKeyValueBias, options.QueryKeyNorm ? options.NormEpsilon : null));

    /// <summary>Of query, key and value, of their norms, and of the projection.</summary>
    public static long WeightCount(TransformerBlockOptions options)
        => Dense.WeightCount(options.Width, 3L * options.Width, options.QueryKeyValueBias) + Dense.WeightCount(options.Width, options.Width)
            + (options.QueryKeyNorm ? 4L * (options.Width / options.Heads) : 0);

    /// <summary>Of those, in matrices.</summary>
    public static long MatrixCount(TransformerBlockOptions options) => 4L * options.Width * options.Width;

    public override Tensor Apply(Tensor normalised, ResidualContext context)
        => attention.Apply(normalised, BlockConditions.TokenMask(Options, context, normalised) is { } mask
            ? BlockConditions.KeyMask(mask) : null, Options.Causal, context.InFloat32);

    public override Branch Branch(Tensor x, ResidualContext context, Workspace workspace, int? leading)
    {
        var mask = BlockConditions.TokenMask(Options, context, x);
        return leading is { } count
            ? new LeadingAttentionBranch(Frame, attention, count, mask, Options, context, workspace)
            : new SelfAttentionBranch(Frame, attention, mask, Options, context, workspace);
    }

    public override Tensor Next(Tensor normalised, BlockPast past) => attention.Next(normalised, past.Own, past.Position);

    public override SublayerStep Step() => new AttentionStep(Norm, attention);

    // Writes the newest tokens' keys and values behind the others, then attends to all.
    private sealed unsafe class AttentionStep(LayerNorm norm, SelfAttention attention) : SublayerStep(norm)
    {
        private readonly DenseWeights queryKeyValue = new(attention.QueryKeyValue.Weight, attention.QueryKeyValue.Bias);
        private readonly DenseWeights projection = new(attention.Projection.Weight, attention.Projection.Bias);

        public override int Features => queryKeyValue.Outputs;

        public override void Run<S, V>(DecoderStep<S, V> step, in StepPast past, float* to)
        {
            step.ProductRows(queryKeyValue);
            step.Remember(past.Own, past.Position);
            step.Attend(past.Own, projection, to);
        }
    }
}
