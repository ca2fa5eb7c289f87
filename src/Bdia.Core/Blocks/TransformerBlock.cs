using Bdia.Core.Layers;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Simd;
using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Blocks;

/// <summary>
/// The residual of a pre-norm transformer block, h(x) = Σ r_i(x + r_0 + ... + r_{i-1}) over its sub-layers r_i, each behind a layer
/// normalisation: self-attention, causal or not; cross-attention to a memory, or none; feed-forward. So the one block is an encoder's, a
/// decoder's and a decoder-only network's. State: norm1, attn, norm2, mlp; with cross-attention norm1, attn, norm2, cross, norm3, mlp.
/// Behind a layer that is scaled stands ls1 or ls2.
/// </summary>
/// <remarks>
/// <para>A pure function of x, the conditions, the parameters and <see cref="ResidualContext.Random"/>: the same bits on every evaluation,
/// with gradients or without, which is what lets the reversible stack rebuild states. Sums are float32 in either precision.</para>
/// <para>Its conditions, with cross-attention, are the memory (B, S, D) and which of it is real: a mask (B, S), boolean, true for real
/// tokens. Without, there may be one, which says which tokens are real: a mask (B, N).</para>
/// </remarks>
public sealed class TransformerBlock : Residual
{
    private readonly Sublayer[] sublayers;

    /// <summary>Creates a block.</summary>
    /// <param name="options">Sizes, kind and regularisation.</param>
    /// <param name="generator">What the weights are drawn from, on the CPU.</param>
    /// <exception cref="ArgumentException">Names every option that is out of range.</exception>
    public TransformerBlock(TransformerBlockOptions options, Generator generator) : base(nameof(TransformerBlock))
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        Options = options;
        sublayers = [.. SublayerKind.Of(options).Select(kind => kind.Create(options, generator))];
        for (var i = 0; i < sublayers.Length; i++)
        {
            register_module($"norm{i + 1}", sublayers[i].Norm);
            register_module(sublayers[i].Name, sublayers[i].Layer);
            if (sublayers[i].Scale is { } scale) register_module($"ls{i + 1}", scale);
        }
    }

    /// <summary>Sizes, kind and regularisation.</summary>
    public TransformerBlockOptions Options { get; }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The conditions are not those of such a block.</exception>
    public override Tensor forward(Tensor x, ResidualContext context)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(context);
        BlockConditions.Check(Options, context);
        return WritesBackwardPass(x) ? BlockNode.Apply(workspace => Branches(x, context, workspace), x) : ByOperations(x, context);
    }

    /// <summary>The same by libtorch's operations: on other devices, and as the oracle of the pass that is written down.</summary>
    internal Tensor ByOperations(Tensor x, ResidualContext context) => Sum(x, context.Random, (sublayer, z) => sublayer.Apply(z, context));

    /// <summary>
    /// h(x) for the newest tokens of each row, in float32 and without randomness: what <see cref="forward"/> gives at their places.
    /// </summary>
    /// <param name="x">The newest tokens' states (R, T, D).</param>
    /// <param name="past">What was computed of the tokens before; the newest are added to it.</param>
    /// <param name="step">The kernel's own of this block, made where it is first used; the caller disposes it.</param>
    internal Tensor Next(Tensor x, BlockPast past, ref BlockStep? step)
        => StepsByKernel(x) ? DecoderStepKernel.Apply(step ??= Step(), x, past) : NextByOperations(x, past);

    /// <summary>Whether a kernel computes <see cref="Next"/>, which reads what is kept wherever it lies.</summary>
    internal bool StepsByKernel(Tensor x) => CpuKernels.Serve(x, multiplies: true) && DecoderStepKernel.IsFaster(x, Options);

    /// <summary>
    /// The same by libtorch's operations: on other devices, for few rows of large blocks, and as the reference of the kernel.
    /// </summary>
    internal Tensor NextByOperations(Tensor x, BlockPast past) => Sum(x, random: null, (sublayer, z) => sublayer.Next(z, past));

    /// <summary>Whether it is a block as <see cref="EncoderKernel"/> computes it: every token attends to all, in float32.</summary>
    internal bool IsPlainEncoder => Options is { Causal: false, CrossAttention: false, LayerScale: false, QueryKeyNorm: false,
        Precision: ComputePrecision.Float32 };

    /// <summary>Where the weights of such a block lie.</summary>
    internal EncoderWeights EncoderWeights() => new(sublayers[0].Norm, (SelfAttention)sublayers[0].Layer, sublayers[1].Norm,
        (FeedForward)sublayers[1].Layer);

    /// <summary>What the kernel of a decoding step reads of the block.</summary>
    internal BlockStep Step() => new(Options.Width, parameters(), [.. sublayers.Select(sublayer => sublayer.Step())]);

    /// <summary>
    /// What cross-attention needs of a memory (B, S, D), computed once for all steps of decoding: (B, S, 2, H, Dh). Null where the block
    /// has none.
    /// </summary>
    internal Tensor? CrossKeysAndValues(Tensor memory)
        => sublayers.OfType<CrossAttentionSublayer>().SingleOrDefault()?.KeysAndValues(memory);

    internal override bool WritesBackwardPass(Tensor x) => CpuKernels.Serve(x, multiplies: true);

    internal override IEvaluation Evaluate(Tensor x, ResidualContext context, Workspace workspace, bool keep, int? leading)
    {
        BlockConditions.Check(Options, context);
        return WritesBackwardPass(x) ? new BlockPass(Branches(x, context, workspace, leading), x, workspace, keep, leading)
            : base.Evaluate(x, context, workspace, keep, leading);
    }

    private Branch[] Branches(Tensor x, ResidualContext context, Workspace workspace, int? leading = null)
        => [.. sublayers.Select(sublayer => sublayer.Branch(x, context, workspace, leading))];

    // The residual, for any way of computing a sub-layer.
    private Tensor Sum(Tensor x, BlockRandom? random, Func<Sublayer, Tensor, Tensor> apply)
    {
        using var scope = NewDisposeScope();
        var z = x; // x + r_0 + ... + r_{i-1}
        Tensor? h = null;
        foreach (var sublayer in sublayers)
        {
            var r = Options.Regularised(sublayer.Scaled(apply(sublayer, sublayer.Norm.forward(z))), random);
            h = h?.Plus(r) ?? r;
            if (sublayer != sublayers[^1]) z = z.Plus(r);
        }

        return h!.MoveToOuterDisposeScope(); // (B, N, D)
    }
}
