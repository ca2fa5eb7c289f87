using Bdia.Core.Layers;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Blocks;

/// <summary><see cref="FeedForward"/> as a sub-layer.</summary>
internal sealed class FeedForwardSublayer : Sublayer
{
    private readonly FeedForward mlp;

    private FeedForwardSublayer(TransformerBlockOptions options, FeedForward mlp) : base("mlp", mlp, options) => this.mlp = mlp;

    public static Sublayer Create(TransformerBlockOptions options, Generator generator)
        => new FeedForwardSublayer(options, new(options.Width, options.FeedForwardWidth, generator, options.Precision, options.Weights));

    /// <summary>Of both products.</summary>
    public static long WeightCount(TransformerBlockOptions options)
        => Dense.WeightCount(options.Width, options.FeedForwardWidth) + Dense.WeightCount(options.FeedForwardWidth, options.Width);

    /// <summary>Of those, in matrices.</summary>
    public static long MatrixCount(TransformerBlockOptions options) => 2L * options.Width * options.FeedForwardWidth;

    public override Tensor Apply(Tensor normalised, ResidualContext context) => mlp.Apply(normalised, context.InFloat32);

    public override Branch Branch(Tensor x, ResidualContext context, Workspace workspace, int? leading)
        => new FeedForwardBranch(Frame, mlp, Options, context, workspace);

    public override Tensor Next(Tensor normalised, BlockPast past) => mlp.Apply(normalised, inFloat32: true);

    public override SublayerStep Step() => new FeedForwardStep(Norm, mlp);

    private sealed unsafe class FeedForwardStep(LayerNorm norm, FeedForward mlp) : SublayerStep(norm)
    {
        private readonly DenseWeights first = new(mlp.First.Weight, mlp.First.Bias), second = new(mlp.Second.Weight, mlp.Second.Bias);

        public override int Features => first.Outputs;

        public override void Run<S, V>(DecoderStep<S, V> step, in StepPast past, float* to)
        {
            step.Product(first);
            step.Gelu(first.Outputs);
            step.Result(second, to);
        }
    }
}
