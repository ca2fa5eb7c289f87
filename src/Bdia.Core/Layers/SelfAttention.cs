using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Layers;

/// <summary>Multi-head self-attention without a mask. State: qkv (query, key and value in one product) and proj.</summary>
/// <remarks>
/// No dropout on the attention weights: libtorch would draw it from its global generator, and it could not be replayed.
/// </remarks>
public sealed class SelfAttention : nn.Module<Tensor, Tensor>
{
    private readonly Dense qkv;
    private readonly Dense proj;
    private readonly int heads;

    /// <summary>Creates the layer.</summary>
    /// <param name="width">D, a multiple of heads.</param>
    /// <param name="heads">H, at least 1; each sees D / H features.</param>
    /// <param name="generator">What the weights are drawn from, on the CPU.</param>
    /// <param name="precision">Of the products, attention included.</param>
    /// <exception cref="ArgumentException">width is not a multiple of heads, or one of them is below 1.</exception>
    public SelfAttention(int width, int heads, Generator generator, ComputePrecision precision = ComputePrecision.Float32) : base(nameof(SelfAttention))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(heads, 1);
        if (width % heads != 0) throw new ArgumentException($"Width {width} cannot be split into {heads} heads; choose a width that is a multiple of the heads.", nameof(width));
        this.heads = heads;
        qkv = new Dense(width, 3 * width, generator, precision);
        proj = new Dense(width, width, generator, precision);
        RegisterComponents();
    }

    /// <summary>Lets every token gather from all tokens of its sample.</summary>
    /// <param name="input">Tokens (B, N, D).</param>
    /// <returns>(B, N, D), in the number format of the precision.</returns>
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        using var scope = NewDisposeScope();
        var (batch, tokens, width) = (input.shape[0], input.shape[1], input.shape[2]);
        var gathered = Attention.Self(qkv.forward(input).view(batch, tokens, 3, heads, width / heads)); // (B, N, D)
        return proj.forward(gathered).MoveToOuterDisposeScope(); // (B, N, D)
    }
}
