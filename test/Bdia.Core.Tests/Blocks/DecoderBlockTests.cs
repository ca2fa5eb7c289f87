using Bdia.Core.Blocks;
using Bdia.Core.Layers;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Tensors;
using Bdia.Core.Tests.Reversible;
using CsCheck;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Blocks;

/// <summary>The block with causal self-attention and cross-attention: that of a decoder behind an encoder.</summary>
public class DecoderBlockTests
{
    private static readonly TransformerBlockOptions Options =
        new() { Width = 12, Heads = 3, FeedForwardWidth = 20, Causal = true, CrossAttention = true };

    // A block as training would leave it: weights of order 1, so that no part of it is negligible.
    private static TransformerBlock Trained(TransformerBlockOptions options)
    {
        using var generator = new Generator(1);
        return Stacks.Spread(new TransformerBlock(options, generator), 0.25);
    }

    // True for all tokens but the last two of every second sequence.
    private static Tensor Mask(long batch, long tokens)
    {
        var mask = ones(new[] { batch, tokens }, ScalarType.Bool);
        for (var row = 1; row < batch; row += 2)
            if (tokens > 2) mask[row].narrow(0, tokens - 2, 2).Fill(false);
        return mask;
    }

    private static ResidualContext Context(Tensor memory, Tensor mask, bool random = false)
        => new(random ? new TrainingClock(5).Random(0, 1) : null, [memory, mask]);

    [Fact]
    public void Is_a_pure_function_of_input_memory_weights_and_random_key()
        => Gen.Select(Gen.Int[1, 3], Gen.Int[1, 9], Gen.Int[1, 9], Gen.Int[1, 3], Gen.Int[1, 5], Gen.Bool, Gen.Bool).Sample(
            (batch, tokens, sourceTokens, heads, size, bf16, random) =>
            {
                using var scope = NewDisposeScope();
                using var block = Trained(new()
                {
                    Width = heads * size, Heads = heads, FeedForwardWidth = 2 * size + 1, Dropout = 0.2, StochasticDepth = 0.2,
                    Causal = true, CrossAttention = true, Precision = bf16 ? ComputePrecision.BFloat16 : ComputePrecision.Float32,
                });
                var (x, memory, mask) = (Stacks.Normal(7, batch, tokens, heads * size),
                    Stacks.Normal(8, batch, sourceTokens, heads * size), Mask(batch, sourceTokens));
                Tensor first, second;
                using (no_grad()) (first, second) =
                    (block.forward(x, Context(memory, mask, random)), block.forward(x.clone(), Context(memory.clone(), mask, random)));
                var graph = block.forward(x.detach().requires_grad_(true), Context(memory.detach().requires_grad_(true), mask, random));

                Assert.Equal(ScalarType.Float32, first.dtype);
                Assert.Equal(x.shape, first.shape);
                Assert.True(first.bytes.SequenceEqual(second.bytes), "two evaluations differ");
                Assert.True(first.bytes.SequenceEqual(graph.detach().bytes), "evaluations with and without gradients differ");
            }, iter: 100, threads: 1);

    [Fact]
    public void Agrees_with_the_formula_in_float64()
    {
        using var scope = NewDisposeScope();
        using var block = Trained(Options);
        var (x, memory, mask) = (Stacks.Normal(7, 2, 5, 12), Stacks.Normal(8, 2, 7, 12), Mask(2, 7));
        var weight = Stacks.Normal(9, 2, 5, 12);
        var (leafX, leafMemory) = (x.detach().requires_grad_(true), memory.detach().requires_grad_(true));
        var actual = block.forward(leafX, Context(leafMemory, mask));
        (actual * weight).sum().backward();

        var w = block.state_dict().ToDictionary(p => p.Key, p => p.Value.detach().to(ScalarType.Float64));
        var (exactX, exactMemory) = (x.to(ScalarType.Float64).requires_grad_(true), memory.to(ScalarType.Float64).requires_grad_(true));
        Tensor Norm(Tensor t, string name) => nn.functional.layer_norm(t, [12], w[$"{name}.weight"], w[$"{name}.bias"], 1e-6);
        Tensor Dense(Tensor t, string name) => t.matmul(w[$"{name}.weight"].t()).Plus(w[$"{name}.bias"]);
        Tensor Heads(Tensor t) => t.view(2, -1, 3, 4).transpose(1, 2);
        Tensor Attend(Tensor q, Tensor k, Tensor v, Tensor allowed)
            => Heads(q).matmul(Heads(k).transpose(-2, -1)).Over(2).MaskedFill(allowed.logical_not(), double.NegativeInfinity)
                .softmax(-1).matmul(Heads(v)).transpose(1, 2).flatten(2);
        var self = Dense(Norm(exactX, "norm1"), "attn.qkv").chunk(3, -1);
        var f = Dense(Attend(self[0], self[1], self[2], ones(5, 5).tril().to(ScalarType.Bool)), "attn.proj");
        var keysAndValues = Dense(exactMemory, "cross.kv").chunk(2, -1);
        var c = Dense(Attend(Dense(Norm(exactX.Plus(f), "norm2"), "cross.q"), keysAndValues[0], keysAndValues[1], mask.view(2, 1, 1, 7)),
            "cross.proj");
        var g = Dense(nn.functional.gelu(Dense(Norm(exactX.Plus(f).Plus(c), "norm3"), "mlp.fc1")), "mlp.fc2");
        var exact = f.Plus(c).Plus(g);
        (exact * weight.to(ScalarType.Float64)).sum().backward();

        // float32 against float64: roundings of 2^-24, amplified by a dozen products with weights of order 1.
        Assert.InRange((exact - actual).abs().max().item<double>(), 0, 1e-4);
        AssertRelative(exactX.grad!, leafX.grad!);
        AssertRelative(exactMemory.grad!, leafMemory.grad!);
    }

    [Fact]
    public void In_bfloat16_the_residual_is_near_the_one_in_float32_and_equal_to_it_where_float32_is_asked_for()
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        using var exact = Trained(Options);
        using var rounded = Trained(Options with { Precision = ComputePrecision.BFloat16 });
        var (x, memory, mask) = (Stacks.Normal(8, 4, 9, 12), Stacks.Normal(9, 4, 7, 12), Mask(4, 7));
        var expected = exact.forward(x, Context(memory, mask));

        // Eight products one after the other, each rounding at 2^-9.
        Assert.InRange(((rounded.forward(x, Context(memory, mask)) - expected).norm() / expected.norm()).item<float>(), 1e-6, 0.03);
        Assert.True(expected.Equals(rounded.forward(x, new ResidualContext(null, [memory, mask]) { InFloat32 = true })));
    }

    [Fact]
    public void Conditions_other_than_a_memory_and_its_mask_are_refused()
    {
        using var scope = NewDisposeScope();
        using var block = Trained(Options);
        var (x, memory) = (Stacks.Normal(7, 2, 5, 12), Stacks.Normal(8, 2, 7, 12));
        Assert.StartsWith("A decoder block was given 0 conditions; give two: the memory (B, S, D) and its mask (B, S).",
            Assert.Throws<ArgumentException>(() => block.forward(x, new ResidualContext(null, []))).Message, StringComparison.Ordinal);
        Assert.StartsWith("A mask is Bool of shape (2, 6); it must be Bool of shape (2, 7), true for real tokens.",
            Assert.Throws<ArgumentException>(() => block.forward(x, Context(memory, Mask(2, 6)))).Message, StringComparison.Ordinal);
        Assert.StartsWith("A mask is Int64 of shape (2, 7);",
            Assert.Throws<ArgumentException>(() => block.forward(x, Context(memory, Mask(2, 7).to(ScalarType.Int64)))).Message,
                StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ComputePrecision.Float32)]
    [InlineData(ComputePrecision.BFloat16)]
    public void An_evaluation_leaves_its_result_and_nothing_else(ComputePrecision precision)
    {
        using var block = Trained(Options with { Precision = precision, Dropout = 0.1, StochasticDepth = 0.1 });
        using var x = Stacks.Normal(8, 4, 9, 12);
        using var memory = Stacks.Normal(8, 4, 7, 12);
        using var mask = ones(new long[] { 4, 7 }, ScalarType.Bool);
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        using var result = block.forward(x, Context(memory, mask, random: true));
        Assert.Equal(before + 1, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    private static void AssertRelative(Tensor expected, Tensor actual)
        => Assert.InRange(((expected - actual).norm() / expected.norm()).item<double>(), 0, 1e-4);
}
