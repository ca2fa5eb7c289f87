using Bdia.Core.Operations;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Layers;

/// <summary>
/// Multi-head self-attention. State: qkv (query, key and value in one product) and proj; where queries and keys are normalised, also q_norm
/// and k_norm.
/// </summary>
/// <remarks>
/// No dropout on the attention weights: libtorch would draw it from its global generator, and it could not be replayed.
/// </remarks>
public sealed class SelfAttention : nn.Module<Tensor, Tensor>
{
    private readonly Dense qkv;
    private readonly Dense proj;
    private readonly LayerNorm? q_norm, k_norm; // over the features of a head
    private readonly int heads;

    /// <summary>Creates the layer.</summary>
    /// <param name="width">D, a multiple of heads.</param>
    /// <param name="heads">H, at least 1; each sees D / H features.</param>
    /// <param name="generator">What the weights are drawn from, on the CPU.</param>
    /// <param name="precision">Of the products, attention included.</param>
    /// <exception cref="ArgumentException">width is not a multiple of heads, or one of them is below 1.</exception>
    public SelfAttention(int width, int heads, Generator generator, ComputePrecision precision = ComputePrecision.Float32)
        : this(width, heads, generator, precision, WeightScheme.FanIn)
    {
    }

    internal SelfAttention(int width, int heads, Generator generator, ComputePrecision precision, WeightScheme scheme, bool hasBias = true,
        double? normEpsilon = null)
        : base(nameof(SelfAttention))
    {
        Attention.CheckHeads(width, heads);
        this.heads = heads;
        qkv = new Dense(width, 3 * width, generator, precision, scheme, parts: 3, hasBias);
        proj = new Dense(width, width, generator, precision, scheme);
        if (normEpsilon is { } added) (q_norm, k_norm) = (new LayerNorm(width / heads, added), new LayerNorm(width / heads, added));
        RegisterComponents();
    }

    internal Dense QueryKeyValue => qkv;

    internal Dense Projection => proj;

    /// <summary>Of each head's queries; null where they are taken as they are.</summary>
    internal LayerNorm? QueryNorm => q_norm;

    /// <summary>Of each head's keys; null where they are taken as they are.</summary>
    internal LayerNorm? KeyNorm => k_norm;

    /// <summary>Weights of the norms of queries and keys, if there are any.</summary>
    internal IEnumerable<Tensor> NormWeights
        => q_norm is null || k_norm is null ? [] : [q_norm.Weight, q_norm.Bias, k_norm.Weight, k_norm.Bias];

    /// <summary>Lets every token gather from all tokens of its sample.</summary>
    /// <param name="input">Tokens (B, N, D).</param>
    /// <returns>(B, N, D), in the number format of the precision.</returns>
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return Apply(input, mask: null, causal: false, inFloat32: false);
    }

    /// <summary>Lets every token gather from the tokens that it may see.</summary>
    /// <param name="input">Tokens (B, N, D).</param>
    /// <param name="mask">Broadcasts to (B, H, N, N), true where a token may be attended to; null for everywhere.</param>
    /// <param name="causal">Whether a token sees none behind it.</param>
    /// <param name="inFloat32">Whether to compute in float32 whatever the precision.</param>
    internal Tensor Apply(Tensor input, Tensor? mask, bool causal, bool inFloat32)
    {
        using var scope = NewDisposeScope();
        var gathered = Attention.Self(Split(input, inFloat32), mask, causal); // (B, N, D)
        return proj.Apply(gathered, inFloat32).MoveToOuterDisposeScope(); // (B, N, D)
    }

    /// <summary>Lets the newest tokens of each row gather from themselves and all before them, in float32.</summary>
    /// <param name="input">The newest tokens (R, T, D).</param>
    /// <param name="past">Keys and values of the tokens before; those of the newest are written behind them.</param>
    /// <param name="position">Place of the first of them.</param>
    internal Tensor Next(Tensor input, KeyValueCache past, long position)
    {
        using var scope = NewDisposeScope();
        var projected = qkv.Apply(input, inFloat32: true); // (R, T, 3 D): queries, keys, values
        past.Write(projected, position);
        var gathered = CachedAttention.Apply(projected, past.Memory, position + input.shape[1], mask: null, causal: true);
        return proj.Apply(gathered, inFloat32: true).MoveToOuterDisposeScope();
    }

    private Tensor Split(Tensor input, bool inFloat32)
    {
        var parts = qkv.Apply(input, inFloat32).view(input.shape[0], input.shape[1], 3, heads, input.shape[2] / heads);
        return q_norm is null ? parts
            : stack([Normalised(q_norm, parts.select(2, 0)), Normalised(k_norm!, parts.select(2, 1)), parts.select(2, 2)], 2);

        static Tensor Normalised(LayerNorm norm, Tensor part) => norm.forward(part.to(ScalarType.Float32)).to(part.dtype);
    }
}
