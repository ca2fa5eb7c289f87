using Bdia.Core.Blocks;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Tensors;
using Bdia.Core.Tests.Reversible;
using CsCheck;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Blocks;

/// <summary>The backward pass that is written down, beside libtorch's operations and autograd.</summary>
public class BlockPassTests
{
    private static readonly Gen<TransformerBlockOptions> Options =
        Gen.Select(Gen.Int[1, 3], Gen.Int[5, 9], Gen.Int[1, 30], Gen.Bool, Gen.Bool, Gen.Bool, Gen.Int[0, 3])
        .Select((heads, size, hidden, dropout, depth, half, variant) =>
        new TransformerBlockOptions
        {
            NormEpsilon = (variant & 1) == 0 ? 1e-6 : 1e-3, QueryKeyValueBias = (variant & 2) == 0,
            Width = heads * size, Heads = heads, FeedForwardWidth = hidden, Dropout = dropout ? 0.2 : 0, StochasticDepth = depth ? 0.2 : 0,
            Precision = half ? ComputePrecision.BFloat16 : ComputePrecision.Float32,
        });

    [Fact]
    public void An_encoder_block_agrees_with_libtorch_s_operations()
        => Gen.Select(Options, Gen.Int[0, 3], Gen.Int[1, 4], Gen.Int[1, 9], Gen.Bool, Gen.ULong[0, 1000])
        .Sample((plain, variant, batch, tokens, masked, seed) =>
        {
            var options = plain with { QueryKeyNorm = (variant & 1) != 0, LayerScale = (variant & 2) != 0 };
            using var scope = NewDisposeScope();
            using var generator = new Generator(seed);
            using var block = Stacks.Spread(new TransformerBlock(options, generator), 0.25);
            Tensor[] conditions = masked ? [Mask(seed, batch, tokens)] : [];
            AssertAgrees(block, block.forward, block.ByOperations, options, Stacks.Normal(seed, batch, tokens, options.Width),
                conditions, seed);
        }, iter: 100, threads: 1);

    [Fact]
    public void A_decoder_block_agrees_with_libtorch_s_operations()
        => Gen.Select(Options, Gen.Int[1, 4], Gen.Int[1, 9], Gen.Int[1, 9], Gen.ULong[0, 1000])
            .Sample((options, batch, tokens, memoryTokens, seed) =>
        {
            using var scope = NewDisposeScope();
            using var generator = new Generator(seed);
            using var block = Stacks.Spread(new TransformerBlock(options with { Causal = true, CrossAttention = true }, generator), 0.25);
            Tensor[] conditions = [Stacks.Normal(seed + 1, batch, memoryTokens, options.Width).requires_grad_(true),
                Mask(seed, batch, memoryTokens)];
            AssertAgrees(block, block.forward, block.ByOperations, options, Stacks.Normal(seed, batch, tokens, options.Width),
                conditions, seed);
        }, iter: 100, threads: 1);

    [Theory]
    [InlineData(ComputePrecision.Float32)]
    [InlineData(ComputePrecision.BFloat16)]
    public void Many_sequences_are_taken_some_at_a_time_and_agree_with_libtorch_s_operations(ComputePrecision precision)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        var options = new TransformerBlockOptions
        {
            Width = 32, Heads = 2, FeedForwardWidth = 48, Dropout = 0.2, StochasticDepth = 0.2, Precision = precision, Causal = true,
            CrossAttention = true,
        };
        using var block = Stacks.Spread(new TransformerBlock(options, generator), 0.25);
        Tensor[] conditions = [Stacks.Normal(4, 27, 23, 32).requires_grad_(true), Mask(5, 27, 23)];
        AssertAgrees(block, block.forward, block.ByOperations, options, Stacks.Normal(6, 27, 31, 32), conditions, 7);
    }

    [Fact]
    public void Its_bits_do_not_depend_on_the_number_of_threads()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        using var block = new TransformerBlock(new() { Width = 32, Heads = 2, FeedForwardWidth = 48, Dropout = 0.2 }, generator);
        var x = Stacks.Normal(6, 27, 31, 32).requires_grad_(true);
        var threads = get_num_threads();
        try
        {
            var (h, byX) = Run(1);
            foreach (var many in (int[])[2, 3])
            {
                var (same, byTheSame) = Run(many);
                Assert.Equal((0, 0), (TensorMemory.DifferingElements(h, same), TensorMemory.DifferingElements(byX, byTheSame)));
            }
        }
        finally
        {
            set_num_threads(threads);
        }

        (Tensor H, Tensor ByX) Run(int count)
        {
            set_num_threads(count);
            x.grad = null;
            var h = block.forward(x, new(new TrainingClock(5).Random(0, 1), []));
            h.Squared().sum().backward();
            return (h.detach(), x.grad!.clone());
        }
    }

    [Fact]
    public void Frozen_weights_and_inputs_get_no_gradient()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        using var block = new TransformerBlock(new() { Width = 6, Heads = 2, FeedForwardWidth = 5 }, generator);
        foreach (var (name, parameter) in block.named_parameters()) parameter.requires_grad =
            name.EndsWith("bias", StringComparison.Ordinal);
        var x = Stacks.Normal(2, 2, 3, 6);
        block.forward(x, new(null, [])).sum().backward();
        Assert.Null(x.grad);
        Assert.All(block.named_parameters(), p => Assert.Equal(p.parameter.requires_grad, p.parameter.grad is not null));

        using var stack = new BdiaStack("stack",
            [block, new TransformerBlock(new() { Width = 6, Heads = 2, FeedForwardWidth = 5 }, generator)]);
        stack.zero_grad();
        foreach (var parameter in block.parameters()) parameter.grad = null;
        stack.forward(x).sum().backward();
        Assert.Null(x.grad);
        Assert.All(block.named_parameters(), p => Assert.Equal(p.parameter.requires_grad, p.parameter.grad is not null));
    }

    [Fact]
    public void A_second_backward_pass_is_an_error()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        using var block = new TransformerBlock(new() { Width = 6, Heads = 2, FeedForwardWidth = 5 }, generator);
        var h = block.forward(Stacks.Normal(2, 2, 3, 6), new(null, [])).sum();
        h.backward(retain_graph: true);
        Assert.ThrowsAny<Exception>(() => h.backward());
    }

    private static Tensor Mask(ulong seed, int batch, int tokens)
    {
        var mask = Stacks.Normal(seed + 2, batch, tokens).Above(0);
        mask.narrow(1, 0, 1).Fill(true);
        return mask;
    }

    private static void AssertAgrees(Residual block, Func<Tensor, ResidualContext, Tensor> pass, Func<Tensor,
        ResidualContext, Tensor> operations,
        TransformerBlockOptions options, Tensor x, Tensor[] conditions, ulong seed)
    {
        x.requires_grad_(true);
        var weight = Stacks.Normal(seed + 3, x.shape);
        var actual = Run(pass);
        var expected = Run(operations);
        // float32: sums of some dozen products, rounded at 2^-24, through six layers, of which norms may multiply an error by ten. bfloat16
        // rounds at 2^-8, and at other places in the two ways.
        var tolerance = options.Precision == ComputePrecision.Float32 ? 1e-4 : 0.2;
        // Where terms cancel (the bias of keys, norms of one feature), what is left is their rounding: a tenth of the largest gradient is a
        // scale for all.
        var largest = expected.Values.Max(value => value.norm().item<float>());
        foreach (var (name, value) in expected)
        {
            var (norm, error) = (value.norm().item<float>(), (value - actual[name]).norm().item<float>());
            Assert.True(error <= tolerance * (norm + largest / 10), $"{name}: {error} off, of {norm}");
        }

        Dictionary<string, Tensor> Run(Func<Tensor, ResidualContext, Tensor> evaluate)
        {
            foreach (var leaf in block.parameters().Append(x).Concat(conditions)) leaf.grad = null;
            var h = evaluate(x, new(new TrainingClock(5).Random(0, 1), conditions));
            (h * weight).sum().backward();
            var results = block.named_parameters().ToDictionary(p => p.name, p => p.parameter.grad!.clone());
            results.Add("h", h.detach());
            results.Add("x", x.grad!.clone());
            if (conditions.FirstOrDefault(c => c.requires_grad) is { } memory) results.Add("memory", memory.grad!.clone());
            return results;
        }
    }
}
