using Bdia.Core.Numerics;
using Bdia.Core.Reversible;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Layers;

/// <summary>
/// The residual of a pre-norm transformer block: h(x) = f(x) + g(x + f(x)), where f is attention and g the feed-forward layer,
/// each after a layer normalisation. State: norm1, attn, norm2, mlp.
/// </summary>
/// <remarks>
/// A pure function of x, the parameters and <see cref="ResidualContext.Random"/>: the same bits on every evaluation, with
/// gradients or without, which is what lets the reversible stack rebuild states. Sums are float32 in either precision.
/// </remarks>
public sealed class TransformerBlock : Residual
{
    private readonly LayerNorm norm1;
    private readonly SelfAttention attn;
    private readonly LayerNorm norm2;
    private readonly FeedForward mlp;
    private readonly TransformerBlockOptions options;

    /// <summary>Creates a block.</summary>
    /// <param name="options">Sizes and regularisation.</param>
    /// <param name="generator">What the weights are drawn from, on the CPU.</param>
    /// <exception cref="ArgumentException">Names every option that is out of range.</exception>
    public TransformerBlock(TransformerBlockOptions options, Generator generator) : base(nameof(TransformerBlock))
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        this.options = options;
        norm1 = new LayerNorm(options.Width);
        attn = new SelfAttention(options.Width, options.Heads, generator, options.Precision);
        norm2 = new LayerNorm(options.Width);
        mlp = new FeedForward(options.Width, options.FeedForwardWidth, generator, options.Precision);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor x, ResidualContext context)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(context);
        using var scope = NewDisposeScope();
        var f = Regularised(attn.forward(norm1.forward(x)), context.Random); // f(x)
        var g = Regularised(mlp.forward(norm2.forward(x.Plus(f))), context.Random); // g(x + f(x))
        return f.Plus(g).MoveToOuterDisposeScope(); // (B, N, D)
    }

    // To float32 first, so that neither the sums nor dropout's scaling round to bf16.
    private Tensor Regularised(Tensor branch, BlockRandom? random)
    {
        var sum = branch.to(ScalarType.Float32);
        return random is null ? sum : random.DropPath(random.Dropout(sum, options.Dropout), options.StochasticDepth);
    }
}
