using Bdia.Core.Layers;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Blocks;

/// <summary><see cref="CrossAttention"/> to a memory as a sub-layer.</summary>
internal sealed class CrossAttentionSublayer : Sublayer
{
    private readonly CrossAttention attention;

    private CrossAttentionSublayer(TransformerBlockOptions options, CrossAttention attention) : base("cross", attention, options)
        => this.attention = attention;

    public static Sublayer Create(TransformerBlockOptions options, Generator generator)
        => new CrossAttentionSublayer(options, new(options.Width, options.Heads, generator, options.Precision, options.Weights));

    /// <summary>Of the query, of key and value, and of the projection.</summary>
    public static long WeightCount(TransformerBlockOptions options)
        => 2 * Dense.WeightCount(options.Width, options.Width) + Dense.WeightCount(options.Width, 2L * options.Width);

    /// <summary>Of those, in matrices.</summary>
    public static long MatrixCount(TransformerBlockOptions options) => 4L * options.Width * options.Width;

    /// <summary>Keys and values of a memory (B, S, D), which are the same for all steps of decoding: (B, S, 2, H, Dh).</summary>
    public Tensor KeysAndValues(Tensor memory) => attention.CrossKeysAndValues(memory);

    public override Tensor Apply(Tensor normalised, ResidualContext context)
    {
        var (memory, mask) = BlockConditions.Memory(context);
        return attention.Apply(normalised, memory, BlockConditions.KeyMask(mask), context.InFloat32);
    }

    public override Branch Branch(Tensor x, ResidualContext context, Workspace workspace, int? leading)
    {
        var (memory, mask) = BlockConditions.Memory(context);
        return new CrossAttentionBranch(Frame, attention, memory, mask, Options, context, workspace);
    }

    public override Tensor Next(Tensor normalised, BlockPast past) => attention.Next(normalised, past.Memory!, past.Mask!);

    public override SublayerStep Step() => new AttentionStep(Norm, attention);

    private sealed unsafe class AttentionStep(LayerNorm norm, CrossAttention attention) : SublayerStep(norm)
    {
        private readonly DenseWeights query = new(attention.Query.Weight, attention.Query.Bias);
        private readonly DenseWeights projection = new(attention.Projection.Weight, attention.Projection.Bias);

        public override int Features => query.Outputs;

        public override void Run<S, V>(DecoderStep<S, V> step, in StepPast past, float* to)
        {
            step.ProductRows(query);
            step.Attend(past.Memory, projection, to);
        }
    }
}
