using Bdia.Core.Layers;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Simd;
using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Blocks;

/// <summary>
/// The residual of a pre-norm decoder block: h(x) = f(x) + c(x + f(x), m) + g(x + f(x) + c), where f is causal self-attention, c
/// cross-attention to the memory m and g the feed-forward layer, each after a layer normalisation. State: norm1, attn, norm2, cross, norm3, mlp.
/// </summary>
/// <remarks>
/// A pure function of x, m, the parameters and <see cref="ResidualContext.Random"/>, like <see cref="TransformerBlock"/>. Its
/// conditions are the memory (B, S, D) and which of it is real: a mask (B, S), boolean, true for real tokens.
/// </remarks>
public sealed class DecoderBlock : Residual
{
    private readonly LayerNorm norm1;
    private readonly SelfAttention attn;
    private readonly LayerNorm norm2;
    private readonly CrossAttention cross;
    private readonly LayerNorm norm3;
    private readonly FeedForward mlp;
    private readonly TransformerBlockOptions options;

    /// <summary>Creates a block.</summary>
    /// <param name="options">Sizes and regularisation.</param>
    /// <param name="generator">What the weights are drawn from, on the CPU.</param>
    /// <exception cref="ArgumentException">Names every option that is out of range.</exception>
    public DecoderBlock(TransformerBlockOptions options, Generator generator) : base(nameof(DecoderBlock))
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        this.options = options;
        norm1 = new LayerNorm(options.Width);
        attn = new SelfAttention(options.Width, options.Heads, generator, options.Precision, options.Weights);
        norm2 = new LayerNorm(options.Width);
        cross = new CrossAttention(options.Width, options.Heads, generator, options.Precision, options.Weights);
        norm3 = new LayerNorm(options.Width);
        mlp = new FeedForward(options.Width, options.FeedForwardWidth, generator, options.Precision, options.Weights);
        RegisterComponents();
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The conditions are not a memory and its mask.</exception>
    public override Tensor forward(Tensor x, ResidualContext context)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(context);
        CheckConditions(context);
        return WritesBackwardPass(x) ? BlockNode.Apply(workspace => Branches(context, workspace), x) : ByOperations(x, context);
    }

    /// <summary>The same by libtorch's operations: on other devices, and as the oracle of the pass that is written down.</summary>
    internal Tensor ByOperations(Tensor x, ResidualContext context)
    {
        using var scope = NewDisposeScope();
        var (memory, mask, inFloat32) = (context.Conditions[0], TransformerBlock.KeyMask(context.Conditions[1], context.Conditions[0]), context.InFloat32);
        return Sum(x, context.Random, inFloat32, t => attn.Apply(t, mask: null, causal: true, inFloat32), t => cross.Apply(t, memory, mask, inFloat32)).MoveToOuterDisposeScope();
    }

    /// <summary>What the cross-attention needs of a memory (B, S, D), computed once for all steps: (2, B, H, S, Dh).</summary>
    internal Tensor Keep(Tensor memory) => cross.CrossKeysAndValues(memory);

    /// <summary>h(x) for the newest token of each row, in float32 and without randomness: what <see cref="forward"/> gives at that place.</summary>
    /// <param name="x">The newest tokens' states (R, 1, D).</param>
    /// <param name="past">Self-attention's keys and values so far.</param>
    /// <param name="position">Place of the newest token.</param>
    /// <param name="memory">Of <see cref="Keep"/>.</param>
    /// <param name="mask">Which of the memory is real: (R, 1, 1, S).</param>
    internal Tensor Next(Tensor x, KeyValueCache past, long position, Tensor memory, Tensor mask)
        => CpuKernels.Serve(x, multiplies: true) && DecoderStepKernel.IsFaster(x, options) ? NextByKernel(x, past, position, memory, mask) : NextByOperations(x, past, position, memory, mask);

    /// <summary>The same in one pass over CPU memory.</summary>
    internal Tensor NextByKernel(Tensor x, KeyValueCache past, long position, Tensor memory, Tensor mask, int? threads = null)
    {
        var result = DecoderStepKernel.Apply(new(norm1, attn, norm2, cross, norm3, mlp), x, past, position, memory, mask, threads);
        GC.KeepAlive(this);
        return result;
    }

    /// <summary>The same by libtorch's operations: on other devices, for few rows of large blocks, and as the reference of the kernel.</summary>
    internal Tensor NextByOperations(Tensor x, KeyValueCache past, long position, Tensor memory, Tensor mask)
        => Sum(x, random: null, inFloat32: true, t => attn.Next(t, past, position), t => cross.Next(t, memory, mask));

    internal override bool WritesBackwardPass(Tensor x) => CpuKernels.Serve(x, multiplies: true);

    internal override IEvaluation Evaluate(Tensor x, ResidualContext context, Workspace workspace, bool keep, int? leading)
    {
        CheckConditions(context);
        return WritesBackwardPass(x) && leading is null ? new BlockPass(Branches(context, workspace), x, workspace, keep) : base.Evaluate(x, context, workspace, keep, leading);
    }

    private static void CheckConditions(ResidualContext context)
    {
        if (context.Conditions.Count != 2)
            throw new ArgumentException($"A decoder block was given {context.Conditions.Count} conditions; give two: the memory (B, S, D) and its mask (B, S).", nameof(context));
    }

    private Branch[] Branches(ResidualContext context, Workspace workspace)
    {
        var memory = context.Conditions[0];
        var mask = TransformerBlock.Checked(context.Conditions[1], memory);
        return
        [
            new SelfAttentionBranch(norm1, attn, mask: null, causal: true, options, context, workspace),
            new CrossAttentionBranch(norm2, cross, memory, mask, options, context, workspace),
            new FeedForwardBranch(norm3, mlp, options, context, workspace),
        ];
    }

    // The residual, for any way of attending.
    private Tensor Sum(Tensor x, BlockRandom? random, bool inFloat32, Func<Tensor, Tensor> self, Func<Tensor, Tensor> toMemory)
    {
        using var scope = NewDisposeScope();
        var f = options.Regularised(self(norm1.forward(x)), random); // f(x)
        var second = x.Plus(f);
        var c = options.Regularised(toMemory(norm2.forward(second)), random); // c(x + f, m)
        var g = options.Regularised(mlp.Apply(norm3.forward(second.Plus(c)), inFloat32), random); // g(x + f + c)
        return f.Plus(c).Plus(g).MoveToOuterDisposeScope(); // (B, T, D)
    }
}
