using Bdia.Core.Layers;
using Bdia.Core.Operations;
using Bdia.Core.Tests.Reversible;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Operations;

public class AttentionTests
{
    private const int Batch = 2, Heads = 3, Size = 8;

    public enum Kind
    {
        /// <summary>All tokens see all.</summary>
        Full,

        /// <summary>Tokens at the end of the second sequence are padding.</summary>
        Padded,

        /// <summary>Tokens see none behind them.</summary>
        Causal,
    }

    // 7 tokens and 300: in bf16 on the CPU these take different ways.
    public static TheoryData<ScalarType, int, Kind> Cases
    {
        get
        {
            var cases = new TheoryData<ScalarType, int, Kind>();
            foreach (var type in new[] { ScalarType.Float32, ScalarType.BFloat16 })
                foreach (var tokens in new[] { 1, 7, 300 })
                    foreach (var kind in Enum.GetValues<Kind>()) cases.Add(type, tokens, kind);
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Agrees_with_the_formula_in_float64(ScalarType type, int tokens, Kind kind)
    {
        using var scope = NewDisposeScope();
        var qkv = Stacks.Normal(1, Batch, tokens, 3, Heads, Size).to(type).requires_grad_(true);
        var weight = Stacks.Normal(2, Batch, tokens, Heads * Size);
        var exactQkv = qkv.detach().to(ScalarType.Float64).requires_grad_(true);
        var allowed = kind == Kind.Causal ? ones(tokens, tokens).tril().to(ScalarType.Bool) : Padding(kind, tokens);

        var result = Attention.Self(qkv, kind == Kind.Padded ? allowed : null, kind == Kind.Causal);
        (result.to(ScalarType.Float32) * weight).sum().backward();
        var parts = exactQkv.permute(2, 0, 3, 1, 4).unbind(0); // (B, H, N, Dh) each
        var exact = Formula(parts[0], parts[1], parts[2], allowed);
        (exact * weight.to(ScalarType.Float64)).sum().backward();

        Assert.Equal(type, result.dtype);
        AssertNear(exact, result);
        AssertNear(exactQkv.grad!, qkv.grad!);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Cross_attention_agrees_with_the_formula_in_float64(ScalarType type, int keys, Kind kind)
    {
        using var scope = NewDisposeScope();
        const int Queries = 5;
        var q = Stacks.Normal(1, Batch, Queries, Heads, Size).to(type).requires_grad_(true);
        var kv = Stacks.Normal(3, Batch, keys, 2, Heads, Size).to(type).requires_grad_(true);
        var weight = Stacks.Normal(2, Batch, Queries, Heads * Size);
        var (exactQ, exactKv) = (q.detach().to(ScalarType.Float64).requires_grad_(true),
            kv.detach().to(ScalarType.Float64).requires_grad_(true));
        var allowed = Padding(kind, keys);

        var result = Attention.Cross(q, kv, kind == Kind.Padded ? allowed : null);
        (result.to(ScalarType.Float32) * weight).sum().backward();
        var parts = exactKv.permute(2, 0, 3, 1, 4).unbind(0);
        var exact = Formula(exactQ.transpose(1, 2), parts[0], parts[1], allowed);
        (exact * weight.to(ScalarType.Float64)).sum().backward();

        Assert.Equal(type, result.dtype);
        AssertNear(exact, result);
        AssertNear(exactQ.grad!, q.grad!);
        AssertNear(exactKv.grad!, kv.grad!);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Gives_the_same_bits_with_and_without_gradients(ScalarType type, int tokens, Kind kind)
    {
        using var scope = NewDisposeScope();
        var qkv = Stacks.Normal(1, Batch, tokens, 3, Heads, Size).to(type);
        var mask = kind == Kind.Padded ? Padding(kind, tokens) : null;
        Tensor Self(Tensor x) => Attention.Self(x, mask, kind == Kind.Causal);
        Tensor Cross(Tensor x) => Attention.Cross(x.select(2, 0).narrow(1, 0, (tokens + 1) / 2), x.narrow(2, 1, 2), mask);
        foreach (var attend in new[] { Self, Cross })
        {
            Tensor without;
            using (no_grad()) without = attend(qkv);

            var with = attend(qkv.detach().requires_grad_(true));

            Assert.True(without.bytes.SequenceEqual(with.detach().bytes));
        }
    }

    [Fact]
    public void What_a_mask_forbids_is_never_read()
    {
        using var scope = NewDisposeScope();
        foreach (var type in new[] { ScalarType.Float32, ScalarType.BFloat16 })
        {
            var qkv = Stacks.Normal(1, Batch, 7, 3, Heads, Size).to(type);
            var other = qkv.clone();
            using (var padding = other[1].narrow(0, 4, 3)) padding.Fill(50);

            var (a, b) = (Attention.Self(qkv, Padding(Kind.Padded, 7)), Attention.Self(other, Padding(Kind.Padded, 7)));

            Assert.True(a[1].narrow(0, 0, 4).Equals(b[1].narrow(0, 0, 4)));
            Assert.True(a[0].Equals(b[0]));
        }
    }

    [Fact]
    public void A_width_that_the_heads_do_not_divide_is_refused()
    {
        using var generator = new Generator(1);
        const string Message = "Width 10 cannot be split into 4 heads; choose a width that is a multiple of the heads.";
        Assert.StartsWith(Message, Assert.Throws<ArgumentException>(() => new SelfAttention(10, 4, generator)).Message,
            StringComparison.Ordinal);
        Assert.StartsWith(Message, Assert.Throws<ArgumentException>(() => new CrossAttention(10, 4, generator)).Message,
            StringComparison.Ordinal);
    }

    // (B, 1, 1, N): all of the first sequence, about the first half of the second.
    private static Tensor Padding(Kind kind, int tokens)
    {
        var mask = ones(new long[] { Batch, 1, 1, tokens }, ScalarType.Bool);
        if (kind == Kind.Padded) mask[1].narrow(2, (tokens + 1) / 2, tokens / 2).Fill(false);
        return mask;
    }

    private static Tensor Formula(Tensor q, Tensor k, Tensor v, Tensor allowed)
    {
        var scores = q.matmul(k.transpose(-2, -1)).Over(Math.Sqrt(Size)).MaskedFill(allowed.logical_not(), double.NegativeInfinity);
        return scores.softmax(-1).matmul(v).transpose(1, 2).flatten(2);
    }

    // float32: a few hundred roundings of 2^-24. bf16: every step rounds to 2^-9; values and gradients are of order 1, sums of gradients of
    // order 10.
    private static void AssertNear(Tensor expected, Tensor actual)
    {
        var difference = (expected - actual.to(ScalarType.Float64)).abs().max().item<double>();
        var largest = Math.Max(1, expected.abs().max().item<double>());
        Assert.InRange(difference, 0, (actual.dtype == ScalarType.Float32 ? 1e-5 : 0.05) * largest);
    }
}
