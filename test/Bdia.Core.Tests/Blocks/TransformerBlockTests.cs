using Bdia.Core.Blocks;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Tensors;
using Bdia.Core.Tests.Reversible;
using CsCheck;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Blocks;

public class TransformerBlockTests
{
    private static readonly TransformerBlockOptions Options = new() { Width = 12, Heads = 3, FeedForwardWidth = 20 };

    // A block as training would leave it: weights of order 1, so that no part of it is negligible.
    private static TransformerBlock Trained(TransformerBlockOptions options)
    {
        using var generator = new Generator(1);
        return Stacks.Spread(new TransformerBlock(options, generator), 0.25);
    }

    private static ResidualContext Training(int step = 0) => new(new TrainingClock(5) { Step = step }.Random(0, 1), []);

    private static ResidualContext Evaluation => new(null, []);

    [Fact]
    public void Is_a_pure_function_of_input_weights_and_random_key()
        => Gen.Select(Gen.Int[1, 3], Gen.Int[1, 9], Gen.Int[1, 3], Gen.Int[1, 5], Gen.Bool, Gen.Bool, Gen.Int[0, 99]).Sample(
            (batch, tokens, heads, size, bf16, random, step) =>
            {
                using var scope = NewDisposeScope();
                using var block = Trained(new()
                {
                    Width = heads * size, Heads = heads, FeedForwardWidth = 2 * size + 1, Dropout = 0.2, StochasticDepth = 0.2,
                    Precision = bf16 ? ComputePrecision.BFloat16 : ComputePrecision.Float32,
                });
                var x = Stacks.Normal(7, batch, tokens, heads * size);
                ResidualContext Context() => random ? Training(step) : Evaluation;
                Tensor first, second;
                using (no_grad()) (first, second) = (block.forward(x, Context()), block.forward(x.clone(), Context()));
                var graph = block.forward(x.detach().requires_grad_(true), Context());

                Assert.Equal(ScalarType.Float32, first.dtype);
                Assert.Equal(x.shape, first.shape);
                Assert.True(first.bytes.SequenceEqual(second.bytes), "two evaluations differ");
                Assert.True(first.bytes.SequenceEqual(graph.detach().bytes), "evaluations with and without gradients differ");
            }, iter: 100, threads: 1);

    [Fact]
    public void Gradients_agree_with_finite_differences()
    {
        using var scope = NewDisposeScope();
        using var block = Trained(Options);
        var x = Stacks.Normal(8, 2, 5, 12).requires_grad_(true);
        var weight = Stacks.Normal(9, 2, 5, 12);
        // Summed in float64, so that the sum adds nothing to the rounding of h.
        double Loss() => (block.forward(x, Evaluation).to(ScalarType.Float64) * weight.to(ScalarType.Float64)).sum().item<double>();
        (block.forward(x, Evaluation) * weight).sum().backward();

        foreach (var (name, leaf) in block.named_parameters().Select(p => (p.name, (Tensor)p.parameter)).Append(("x", x)))
        {
            using var noGradients = no_grad();
            // Along the gradient the derivative is its norm. A wrong factor or a forgotten path changes it, a rounding does not.
            var norm = leaf.grad!.norm().item<float>();
            const double Step = 3e-3;
            var direction = leaf.grad!.to(ScalarType.Float64).Over(norm);
            var start = leaf.detach().clone();
            double At(double distance)
            {
                leaf.copy_(start.to(ScalarType.Float64).Plus(direction.Times(distance)).to(ScalarType.Float32));
                return Loss();
            }

            var derivative = (At(Step) - At(-Step)) / (2 * Step);
            leaf.copy_(start);
            // 120 outputs of order 1, each rounded at 2^-24 several times: 1e-6 of the loss, divided by the step, is 4e-4; the third
            // derivative adds Step² times a small factor. The bias of the keys is the exception: softmax cancels it, so its part is 0.
            Assert.True(Math.Abs(derivative - norm) < 2e-3 * Math.Max(1, norm),
                $"{name}: finite differences {derivative}, gradient {norm}");
        }
    }

    [Fact]
    public void In_bfloat16_the_residual_is_near_the_one_in_float32()
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        using var exact = Trained(Options);
        using var rounded = Trained(Options with { Precision = ComputePrecision.BFloat16 });
        var x = Stacks.Normal(8, 4, 9, 12);
        var (expected, actual) = (exact.forward(x, Evaluation), rounded.forward(x, Evaluation));

        // Five products one after the other, each rounding at 2^-9.
        Assert.InRange(((actual - expected).norm() / expected.norm()).item<float>(), 1e-6, 0.02);
    }

    [Fact]
    public void Dropout_and_stochastic_depth_act_in_training_alone_and_change_with_the_step()
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        using var plain = Trained(Options);
        using var regularised = Trained(Options with { Dropout = 0.3, StochasticDepth = 0.3 });
        var x = Stacks.Normal(8, 4, 9, 12);

        var expected = plain.forward(x, Evaluation);

        Assert.True(expected.Equals(regularised.forward(x, Evaluation)));
        Assert.True(expected.Equals(plain.forward(x, Training())));
        Assert.False(expected.Equals(regularised.forward(x, Training())));
        Assert.False(regularised.forward(x, Training(0)).Equals(regularised.forward(x, Training(1))));
    }

    [Fact]
    public void Stochastic_depth_leaves_out_either_branch_sample_by_sample()
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        using var block = Trained(Options with { StochasticDepth = 0.5 });
        const int Samples = 400;
        var x = Stacks.Normal(8, 1, 9, 12).expand(Samples, 9, 12).contiguous();

        var residuals = block.forward(x, Training()).flatten(1);

        // The same sample 400 times: neither branch, one, the other, or both; each about a quarter (±5 standard deviations of 8.7).
        var kinds = Enumerable.Range(0, Samples).GroupBy(i => residuals[i].abs().sum().item<float>())
            .Select(kind => kind.Count()).ToArray();
        Assert.Equal(4, kinds.Length);
        Assert.All(kinds, count => Assert.InRange(count, 56, 144));
        Assert.Equal(0, residuals.abs().sum([1]).min().item<float>());
    }

    [Fact]
    public void All_faults_of_the_options_come_in_one_message()
    {
        using var generator = new Generator(1);
        var fault = Assert.Throws<ArgumentException>(() => new TransformerBlock(
            new() { Width = 10, Heads = 4, FeedForwardWidth = 0, Dropout = 1, StochasticDepth = double.NaN,
                Precision = (ComputePrecision)7 }, generator));
        Assert.Equal(
            "These TransformerBlockOptions cannot be used. Width is 10 and Heads is 4; the width must be a multiple of the heads. "
                + "FeedForwardWidth is 0; it must be at least 1. "
            + "Dropout is 1; it must be from 0 up to, not including, 1. StochasticDepth is NaN; it must be from 0 up to, not including, 1. "
            + "Precision is 7; it must be Float32 or BFloat16.",
            fault.Message);
    }

    [Theory]
    [InlineData(ComputePrecision.Float32)]
    [InlineData(ComputePrecision.BFloat16)]
    public void An_evaluation_leaves_its_result_and_nothing_else(ComputePrecision precision)
    {
        using var block = Trained(Options with { Precision = precision, Dropout = 0.1, StochasticDepth = 0.1 });
        using var x = Stacks.Normal(8, 4, 9, 12);
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        using var result = block.forward(x, Training());
        Assert.Equal(before + 1, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }
}
