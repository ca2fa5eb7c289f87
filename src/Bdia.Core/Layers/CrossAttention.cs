using Bdia.Core.Operations;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Layers;

/// <summary>
/// Multi-head attention from the tokens of one sequence to those of another. State: q, kv (key and value in one product) and proj.
/// </summary>
/// <remarks>No dropout on the attention weights, as in <see cref="SelfAttention"/>.</remarks>
public sealed class CrossAttention : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly Dense q;
    private readonly Dense kv;
    private readonly Dense proj;
    private readonly int heads;

    /// <summary>Creates the layer.</summary>
    /// <param name="width">D, a multiple of heads.</param>
    /// <param name="heads">H, at least 1; each sees D / H features.</param>
    /// <param name="generator">What the weights are drawn from, on the CPU.</param>
    /// <param name="precision">Of the products, attention included.</param>
    /// <exception cref="ArgumentException">width is not a multiple of heads, or one of them is below 1.</exception>
    public CrossAttention(int width, int heads, Generator generator, ComputePrecision precision = ComputePrecision.Float32)
        : this(width, heads, generator, precision, WeightScheme.FanIn)
    {
    }

    internal CrossAttention(int width, int heads, Generator generator, ComputePrecision precision, WeightScheme scheme)
        : base(nameof(CrossAttention))
    {
        Attention.CheckHeads(width, heads);
        this.heads = heads;
        q = new Dense(width, width, generator, precision, scheme);
        kv = new Dense(width, 2 * width, generator, precision, scheme, parts: 2);
        proj = new Dense(width, width, generator, precision, scheme);
        RegisterComponents();
    }

    internal Dense Query => q;

    internal Dense KeyValue => kv;

    internal Dense Projection => proj;

    /// <summary>Lets every token gather from all of the memory of its sample.</summary>
    /// <param name="input">Tokens (B, N, D).</param>
    /// <param name="memory">What they gather from, (B, M, D).</param>
    /// <returns>(B, N, D), in the number format of the precision.</returns>
    public override Tensor forward(Tensor input, Tensor memory)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(memory);
        return Apply(input, memory, mask: null, inFloat32: false);
    }

    /// <summary>Lets every token gather from the part of the memory that it may see.</summary>
    /// <param name="input">Tokens (B, N, D).</param>
    /// <param name="memory">What they gather from, (B, M, D).</param>
    /// <param name="mask">Broadcasts to (B, H, N, M), true where memory may be attended to; null for everywhere.</param>
    /// <param name="inFloat32">Whether to compute in float32 whatever the precision.</param>
    internal Tensor Apply(Tensor input, Tensor memory, Tensor? mask, bool inFloat32)
    {
        using var scope = NewDisposeScope();
        var gathered = Attention.Cross(Queries(input, inFloat32), KeysAndValues(memory, inFloat32), mask); // (B, N, D)
        return proj.Apply(gathered, inFloat32).MoveToOuterDisposeScope(); // (B, N, D)
    }

    /// <summary>Keys and values of a memory in float32, to be cached for <see cref="Next"/>: (B, M, 2, H, Dh).</summary>
    internal Tensor CrossKeysAndValues(Tensor memory)
    {
        using var scope = NewDisposeScope();
        return KeysAndValues(memory, inFloat32: true).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>Lets the newest tokens of each row gather from cached keys and values, in float32.</summary>
    /// <param name="input">Tokens (R, T, D).</param>
    /// <param name="cached">Of <see cref="CrossKeysAndValues"/>.</param>
    /// <param name="mask">(R, 1, 1, M).</param>
    internal Tensor Next(Tensor input, Tensor cached, Tensor mask)
    {
        using var scope = NewDisposeScope();
        var gathered = CachedAttention.Apply(q.Apply(input, inFloat32: true), cached, cached.shape[1], mask, causal: false);
        return proj.Apply(gathered, inFloat32: true).MoveToOuterDisposeScope();
    }

    private Tensor Queries(Tensor input, bool inFloat32)
        => q.Apply(input, inFloat32).view(input.shape[0], input.shape[1], heads, input.shape[2] / heads);

    private Tensor KeysAndValues(Tensor memory, bool inFloat32)
        => kv.Apply(memory, inFloat32).view(memory.shape[0], memory.shape[1], 2, heads, memory.shape[2] / heads);
}
