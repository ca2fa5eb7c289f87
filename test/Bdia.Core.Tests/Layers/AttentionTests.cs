using Bdia.Core.Layers;
using Bdia.Core.Tests.Reversible;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Layers;

public class AttentionTests
{
    private const int Batch = 2, Heads = 3, Size = 8;

    // 7 tokens and 300: in bf16 on the CPU these take different ways.
    [Theory]
    [InlineData(ScalarType.Float32, 7)]
    [InlineData(ScalarType.Float32, 300)]
    [InlineData(ScalarType.BFloat16, 7)]
    [InlineData(ScalarType.BFloat16, 300)]
    public void Agrees_with_the_formula_in_float64(ScalarType type, int tokens)
    {
        using var scope = NewDisposeScope();
        var qkv = Stacks.Normal(1, Batch, tokens, 3, Heads, Size).to(type).requires_grad_(true);
        var weight = Stacks.Normal(2, Batch, tokens, Heads * Size);
        var exactQkv = qkv.detach().to(ScalarType.Float64).requires_grad_(true);

        var result = Attention.Self(qkv);
        (result.to(ScalarType.Float32) * weight).sum().backward();
        var exact = Formula(exactQkv, tokens);
        (exact * weight.to(ScalarType.Float64)).sum().backward();

        // float32: a few hundred roundings of 2^-24. bf16: every step rounds to 2^-9; values and gradients are of order 1.
        var tolerance = type == ScalarType.Float32 ? 1e-5 : 0.05;
        Assert.Equal(type, result.dtype);
        AssertNear(exact, result, tolerance);
        AssertNear(exactQkv.grad!, qkv.grad!, tolerance);
    }

    [Theory]
    [InlineData(ScalarType.Float32, 7)]
    [InlineData(ScalarType.Float32, 300)]
    [InlineData(ScalarType.BFloat16, 7)]
    [InlineData(ScalarType.BFloat16, 300)]
    public void Gives_the_same_bits_with_and_without_gradients(ScalarType type, int tokens)
    {
        using var scope = NewDisposeScope();
        var qkv = Stacks.Normal(1, Batch, tokens, 3, Heads, Size).to(type);
        Tensor without;
        using (no_grad()) without = Attention.Self(qkv);

        var with = Attention.Self(qkv.detach().requires_grad_(true));

        Assert.True(without.bytes.SequenceEqual(with.detach().bytes));
    }

    [Fact]
    public void A_width_that_the_heads_do_not_divide_is_refused()
    {
        using var generator = new Generator(1);
        var fault = Assert.Throws<ArgumentException>(() => new SelfAttention(10, 4, generator));
        Assert.StartsWith("Width 10 cannot be split into 4 heads; choose a width that is a multiple of the heads.", fault.Message, StringComparison.Ordinal);
    }

    private static Tensor Formula(Tensor qkv, int tokens)
    {
        var parts = qkv.permute(2, 0, 3, 1, 4).unbind(0); // (B, H, N, Dh) each
        var weights = (parts[0].matmul(parts[1].transpose(-2, -1)) / Math.Sqrt(Size)).softmax(-1);
        return weights.matmul(parts[2]).transpose(1, 2).reshape(Batch, tokens, Heads * Size);
    }

    private static void AssertNear(Tensor expected, Tensor actual, double tolerance)
        => Assert.InRange((expected - actual.to(ScalarType.Float64)).abs().max().item<double>(), 0, tolerance);
}
