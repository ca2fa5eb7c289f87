using Bdia.Core.Layers;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Simd;
using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Blocks;

/// <summary>
/// The residual of a pre-norm transformer block: h(x) = f(x) + g(x + f(x)), where f is attention and g the feed-forward layer,
/// each after a layer normalisation. State: norm1, attn, norm2, mlp.
/// </summary>
/// <remarks>
/// <para>A pure function of x, the parameters and <see cref="ResidualContext.Random"/>: the same bits on every evaluation, with
/// gradients or without, which is what lets the reversible stack rebuild states. Sums are float32 in either precision.</para>
/// <para>A condition, where there is one, says which tokens are real: a mask (B, N), boolean, true for those that may be attended to.</para>
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
        attn = new SelfAttention(options.Width, options.Heads, generator, options.Precision, options.Weights);
        norm2 = new LayerNorm(options.Width);
        mlp = new FeedForward(options.Width, options.FeedForwardWidth, generator, options.Precision, options.Weights);
        RegisterComponents();
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">There is a condition that is no mask of the tokens.</exception>
    public override Tensor forward(Tensor x, ResidualContext context)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(context);
        return WritesBackwardPass(x) ? BlockNode.Apply(workspace => Branches(x, context, workspace), x) : ByOperations(x, context);
    }

    /// <summary>The same by libtorch's operations: on other devices, and as the oracle of the pass that is written down.</summary>
    internal Tensor ByOperations(Tensor x, ResidualContext context)
    {
        using var scope = NewDisposeScope();
        var mask = Mask(x, context) is { } keys ? KeyMask(keys, x) : null;
        var f = options.Regularised(attn.Apply(norm1.forward(x), mask, causal: false, context.InFloat32), context.Random); // f(x)
        var g = options.Regularised(mlp.Apply(norm2.forward(x.Plus(f)), context.InFloat32), context.Random); // g(x + f(x))
        return f.Plus(g).MoveToOuterDisposeScope(); // (B, N, D)
    }

    internal override bool WritesBackwardPass(Tensor x) => CpuKernels.Serve(x, multiplies: true);

    internal override IEvaluation Evaluate(Tensor x, ResidualContext context, Workspace workspace, bool keep, int? leading)
        => WritesBackwardPass(x) ? new BlockPass(Branches(x, context, workspace, leading), x, workspace, keep, leading) : base.Evaluate(x, context, workspace, keep, leading);

    private static Tensor? Mask(Tensor x, ResidualContext context) => context.Conditions.Count == 0 ? null : Checked(context.Conditions[0], x);

    private Branch[] Branches(Tensor x, ResidualContext context, Workspace workspace, int? leading = null) =>
    [
        leading is { } count ? new LeadingAttentionBranch(norm1, attn, count, Mask(x, context), options, context, workspace)
            : new SelfAttentionBranch(norm1, attn, Mask(x, context), causal: false, options, context, workspace),
        new FeedForwardBranch(norm2, mlp, options, context, workspace),
    ];

    /// <summary>A mask (B, N) of tokens (B, N, D) as attention takes it: (B, 1, 1, N).</summary>
    internal static Tensor KeyMask(Tensor mask, Tensor tokens) => Checked(mask, tokens).view(mask.shape[0], 1, 1, mask.shape[1]);

    /// <summary>A mask, if it is one of tokens (B, N, D): boolean, (B, N).</summary>
    /// <exception cref="ArgumentException">It is not.</exception>
    internal static Tensor Checked(Tensor mask, Tensor tokens)
    {
        if (mask.dtype != ScalarType.Bool || !mask.shape.AsSpan().SequenceEqual(tokens.shape.AsSpan(0, 2)))
            throw new ArgumentException($"A mask is {mask.dtype} of shape ({string.Join(", ", mask.shape)}); it must be Bool of shape ({tokens.shape[0]}, {tokens.shape[1]}), true for real tokens.", nameof(mask));
        return mask;
    }
}
