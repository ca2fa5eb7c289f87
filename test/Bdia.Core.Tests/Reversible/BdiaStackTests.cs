using Bdia.Core.Numerics;
using Bdia.Core.Reversible;
using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Reversible;

public class BdiaStackTests
{
    public static TheoryData<int, string, bool, double> Cases()
    {
        var cases = new TheoryData<int, string, bool, double>();
        foreach (var depth in new[] { 1, 2, 3, 7 })
            foreach (var gamma in new[] { "1", "3", "8", "1/1", "3/5", "255/256", "1..7/8" })
                foreach (var bfloat16 in new[] { false, true })
                    cases.Add(depth, gamma, bfloat16, depth % 2 == 0 ? 0 : 0.2);
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void All_modes_give_the_same_loss_and_gradients_bit_for_bit(int depth, string gamma, bool bfloat16, double dropout)
    {
        using var scope = NewDisposeScope();
        var input = Stacks.Normal(3, 3, 5, 13);
        var condition = Stacks.Normal(4, 3, 5, 13);
        var outcomes = Enum.GetValues<BackpropagationMode>().Select(mode =>
        {
            using var stack = Stacks.Of(depth, 13, new() { Mode = mode, Gamma = GammaSchedule.Parse(gamma) }, 9, dropout, bfloat16);
            return Stacks.Gradients(stack, input, condition);
        }).ToArray();
        foreach (var other in outcomes.Skip(1))
            foreach (var (name, values) in outcomes[0])
                Assert.True(values.AsSpan().SequenceEqual(other[name]), $"{name} differs");
    }

    [Theory]
    [InlineData("w0", true)]
    [InlineData("w0", false)]
    [InlineData("w0.6", false)]
    [InlineData("2", false)]
    public void Ablations_give_the_same_gradients_stored_and_checkpointed(string gamma, bool quantize)
    {
        using var scope = NewDisposeScope();
        var input = Stacks.Normal(3, 2, 5, 8);
        var outcomes = new[] { BackpropagationMode.StoreActivations, BackpropagationMode.Checkpointed }.Select(mode =>
        {
            using var stack = Stacks.Of(4, 8, new() { Mode = mode, Gamma = GammaSchedule.Parse(gamma), Quantize = quantize });
            return Stacks.Gradients(stack, input);
        }).ToArray();
        Assert.Equal(outcomes[0]["loss"], outcomes[1]["loss"]);
        // Without the grid ordinary autograd differentiates "x + h" itself and may sum in another order: rounding only.
        foreach (var (name, values) in outcomes[0])
            foreach (var (a, b) in values.Zip(outcomes[1][name])) Assert.Equal(a, b, 1e-4f + 1e-4f * MathF.Abs(a));
    }

    [Fact]
    public void Plain_kernel_trains_with_the_same_bits_as_the_fused_one()
    {
        using var scope = NewDisposeScope();
        var input = Stacks.Normal(3, 3, 5, 13);
        var outcomes = new IStepKernel[] { SimdStepKernel.Instance, TensorStepKernel.Instance }.Select(kernel =>
        {
            using var stack = Stacks.Of(5, 13, new() { Gamma = GammaSchedule.Ratios(1, 4, 5) }, kernel: kernel);
            return Stacks.Gradients(stack, input);
        }).ToArray();
        foreach (var (name, values) in outcomes[0]) Assert.Equal(values, outcomes[1][name]);
    }

    [Fact]
    public void Gradient_agrees_with_finite_differences_of_the_smooth_network()
    {
        // Rounding makes the exact network a staircase; differences are taken where it is switched off.
        using var scope = NewDisposeScope();
        using var stack = Stacks.Of(3, 6,
            new() { Mode = BackpropagationMode.StoreActivations, Quantize = false, Gamma = GammaSchedule.Exponent(1) });
        var input = Stacks.Normal(3, 1, 4, 6);
        var gradient = Stacks.Gradients(stack, input)["x"];
        var weight = Stacks.Normal(77, input.shape);
        for (var i = 0; i < gradient.Length; i++)
        {
            const float step = 1e-2f;
            double Loss(float by)
            {
                using var inner = NewDisposeScope();
                using var noGraph = no_grad();
                var moved = input.clone();
                moved.view(-1)[i].PlusInPlace(by);
                return (stack.forward(moved) * weight).sum().item<float>();
            }

            // Central differences in float32: error ~ step^2 for curvature plus 1e-6 / step for rounding.
            Assert.Equal((Loss(step) - Loss(-step)) / (2 * step), gradient[i], 2e-2 + 2e-2 * Math.Abs(gradient[i]));
        }
    }

    [Fact]
    public void Evaluation_is_the_standard_network_on_the_grid()
    {
        using var scope = NewDisposeScope();
        using var stack = Stacks.Of(4, 8, new(), dropout: 0.5);
        stack.eval();
        var input = Stacks.Normal(3, 2, 5, 8);
        var grid = new FixedPointGrid(9);
        Tensor expected;
        using (no_grad())
        {
            expected = BdiaStep.Quantize<TensorElements>(new(input), grid).Value;
            foreach (var residual in stack.Residuals)
                expected = BdiaStep.Euler<TensorElements>(new(expected), new(residual.forward(expected, new(null, []))), grid).Value;
            Assert.Equal(0, TensorMemory.DifferingElements(expected, stack.forward(input)));
        }

        var leaf = input.clone().requires_grad_(true); // with gradients on, the same values and a gradient
        var tracked = stack.forward(leaf);
        Assert.Equal(0, TensorMemory.DifferingElements(expected, tracked.detach()));
        tracked.sum().backward();
        Assert.True(leaf.grad!.abs().sum().item<float>() > 0);
    }

    [Fact]
    public void Gamma_at_inference_changes_the_result_with_and_without_a_graph_alike()
    {
        using var scope = NewDisposeScope();
        var input = Stacks.Normal(3, 2, 5, 8);
        var results = new[] { 0, 0.3 }.Select(gamma =>
        {
            using var stack = Stacks.Of(4, 8, new() { InferenceGamma = gamma });
            stack.eval();
            Tensor plain;
            using (no_grad()) plain = stack.forward(input);
            Assert.Equal(0, TensorMemory.DifferingElements(plain, stack.forward(input).detach()));
            return plain;
        }).ToArray();
        Assert.NotEqual(0, TensorMemory.DifferingElements(results[0], results[1]));
    }

    [Fact]
    public void Gamma_differs_by_sample_block_and_step_and_repeats_with_the_clock()
    {
        var clock = new TrainingClock(5);
        var half = IntegrationWeight.Exponent(1);
        var a = GammaDraw.PerSample(clock, 0, 1, 256, half);
        Assert.Equal(a, GammaDraw.PerSample(new TrainingClock(5), 0, 1, 256, half));
        Assert.InRange(a.Count(g => g > 0), 90, 166); // 128 expected, 8 its deviation
        Assert.NotEqual(a, GammaDraw.PerSample(clock, 0, 2, 256, half));
        Assert.NotEqual(a, GammaDraw.PerSample(clock, 1, 1, 256, half));
        clock.Step = 1;
        Assert.NotEqual(a, GammaDraw.PerSample(clock, 0, 1, 256, half));
    }

    [Fact]
    public void Sizes_are_drawn_alike_often_apart_from_signs_which_are_those_of_one_size()
    {
        const int samples = 7000;
        var clock = new TrainingClock(5);
        var drawn = GammaDraw.PerSample(clock, 0, 1, samples, IntegrationWeight.Ratio(1, 7, 8));
        var halves = GammaDraw.PerSample(clock, 0, 1, samples, IntegrationWeight.Exponent(1));
        Assert.Equal(halves.Select(MathF.Sign), drawn.Select(MathF.Sign));
        for (var p = 1; p <= 7; p++)
            foreach (var sign in new[] { -1, 1 })
                Assert.InRange(drawn.Count(gamma => gamma == sign * p / 8f), 390, 610); // 500 expected, 22 its deviation
    }

    [Fact]
    public void A_stack_without_a_given_clock_draws_anew_each_pass()
    {
        using var scope = NewDisposeScope();
        using var stack = new BdiaStack("stack", [new Stacks.Mixer(8, 1, 0.5, false), new Stacks.Mixer(8, 2, 0.5, false)]);
        var input = Stacks.Normal(3, 2, 5, 8);
        Assert.NotEqual(0, TensorMemory.DifferingElements(stack.forward(input).detach(), stack.forward(input).detach()));
    }

    [Fact]
    public void Training_and_evaluation_leave_the_global_generator_alone()
    {
        using var scope = NewDisposeScope();
        using var stack = Stacks.Of(3, 8, new(), dropout: 0.3);
        var before = random.get_rng_state().data<byte>().ToArray();
        Stacks.Gradients(stack, Stacks.Normal(3, 2, 5, 8));
        Assert.Equal(before, random.get_rng_state().data<byte>().ToArray());
    }

    [Fact]
    public void Side_information_is_the_bits_of_q_per_element_and_block_but_the_first()
    {
        using var scope = NewDisposeScope();
        foreach (var (gamma, bits) in new[] { ("3", 3), ("7/8", 3), ("1..7/8", 3), ("2/8", 2), ("3/5", 3), ("1/1", 0), ("129/256", 8) })
        {
            using var stack = Stacks.Of(6, 16, new() { Gamma = GammaSchedule.Parse(gamma) });
            stack.forward(Stacks.Normal(3, 4, 10, 16));
            Assert.Equal(5 * 4 * 10 * 16 * bits / 8, stack.SideInformationBytes);
        }
    }

    [Fact]
    public void States_outlive_the_dispose_scope_of_the_forward_pass()
    {
        using var stack = Stacks.Of(4, 8, new());
        using var input = Stacks.Normal(3, 2, 5, 8);
        Tensor loss;
        using (var inner = NewDisposeScope()) loss = stack.forward(input.clone(), Stacks.Normal(4, 2, 5, 8))
            .sum().MoveToOuterDisposeScope();
        loss.backward();
        loss.Dispose();
        Assert.All(stack.parameters(), p => Assert.NotNull(p.grad));
    }

    [Fact]
    public void Weights_learn_when_the_input_needs_no_gradient()
    {
        using var scope = NewDisposeScope();
        using var stack = Stacks.Of(2, 8, new());
        stack.forward(Stacks.Normal(3, 2, 5, 8)).sum().backward();
        Assert.All(stack.parameters(), p => Assert.NotNull(p.grad));
    }

    [Fact]
    public void Two_passes_accumulate_gradients()
    {
        using var scope = NewDisposeScope();
        using var stack = Stacks.Of(2, 8, new());
        var input = Stacks.Normal(3, 2, 5, 8);
        stack.forward(input).sum().backward();
        var once = stack.parameters().First().grad!.clone();
        stack.forward(input).sum().Plus(stack.forward(input).sum()).backward();
        Assert.True(stack.parameters().First().grad!.allclose(once.Times(3), 1e-5));
    }
}
