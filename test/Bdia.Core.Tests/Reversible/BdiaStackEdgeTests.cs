using Bdia.Core.Reversible;
using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Reversible;

/// <summary>Uses of a stack off the beaten track: each must give what the plain use gives.</summary>
public class BdiaStackEdgeTests
{
    public static TheoryData<BackpropagationMode> Modes => [.. Enum.GetValues<BackpropagationMode>()];

    [Theory]
    [MemberData(nameof(Modes))]
    public void An_input_that_is_not_contiguous_gives_the_same_gradients(BackpropagationMode mode)
    {
        using var scope = NewDisposeScope();
        using var stack = Stacks.Of(3, 8, new() { Mode = mode });
        var wide = Stacks.Normal(3, 2, 8, 5);
        Assert.False(wide.transpose(1, 2).is_contiguous());
        float[][] gradients =
        [
            .. new Func<Tensor, Tensor>[] { x => x.transpose(1, 2), x => x.transpose(1, 2).contiguous() }.Select(view =>
            {
                var leaf = wide.clone().requires_grad_(true);
                stack.forward(view(leaf)).Squared().sum().backward();
                return leaf.grad!.data<float>().ToArray();
            }),
        ];
        Assert.Equal(gradients[0], gradients[1]);

        stack.eval();
        using var noGraph = no_grad();
        var view = wide.transpose(1, 2);
        Assert.Equal(0, TensorMemory.DifferingElements(stack.forward(view.contiguous()), stack.forward(view)));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void Training_without_gradients_gives_the_values_of_training_with_them(BackpropagationMode mode)
    {
        using var scope = NewDisposeScope();
        using var stack = Stacks.Of(3, 8, new() { Mode = mode }, dropout: 0.2);
        var input = Stacks.Normal(3, 2, 5, 8);
        var with = stack.forward(input);
        using var noGraph = no_grad();
        var without = stack.forward(input);
        Assert.False(without.requires_grad);
        Assert.Equal(0, TensorMemory.DifferingElements(with.detach(), without));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void An_empty_batch_passes_through(BackpropagationMode mode)
    {
        using var scope = NewDisposeScope();
        using var stack = new BdiaStack("stack", Enumerable.Range(0, 3).Select(_ => Residual.From(nn.Tanh())), new() { Mode = mode });
        var x = zeros(0, 5, 8).requires_grad_(true);
        var y = stack.forward(x);
        y.sum().backward();
        Assert.Equal([0L, 5L, 8L], y.shape);
        Assert.Equal([0L, 5L, 8L], x.grad!.shape);
        stack.eval();
        Assert.Equal([0L, 5L, 8L], stack.forward(x.detach()).shape);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void Passes_that_interleave_while_clock_and_schedule_move_on_keep_their_own_randomness(BackpropagationMode mode)
    {
        var options = new BdiaStackOptions { Mode = mode, Gamma = GammaSchedule.Parse("6@0,1@0.5") };
        var input = new[] { Stacks.Normal(3, 2, 5, 8), Stacks.Normal(4, 2, 5, 8) };
        float[][] Gradients(bool interleaved)
        {
            using var scope = NewDisposeScope();
            var clock = new TrainingClock(7);
            using var stack = Stacks.Of(4, 8, options, dropout: 0.3, clock: clock);
            var leaves = input.Select(x => x.clone().requires_grad_(true)).ToArray();
            var losses = new Tensor[2];
            for (var i = 0; i < 2; i++)
            {
                (clock.Step, clock.Progress) = (i, i == 0 ? 0.49 : 0.5); // from m = 6 to m = 1
                losses[i] = stack.forward(leaves[i]).Squared().sum();
                if (!interleaved) losses[i].backward();
            }

            (clock.Step, clock.Seed) = (99, 1);
            stack.eval(); // whoever validates before going back must not change what goes back
            if (interleaved)
                foreach (var loss in losses) loss.backward();
            return [.. leaves.Select(x => x.grad!.data<float>().ToArray())];
        }

        var (apart, together) = (Gradients(interleaved: false), Gradients(interleaved: true));
        Assert.Equal(apart[0], together[0]);
        Assert.Equal(apart[1], together[1]);
        foreach (var x in input) x.Dispose();
    }

    [Fact]
    public void Two_stacks_on_one_clock_may_follow_each_other_in_one_graph()
    {
        using var scope = NewDisposeScope();
        float[] Gradient(BackpropagationMode mode)
        {
            var clock = new TrainingClock(7);
            var residuals = Enumerable.Range(0, 6).Select(k => new Stacks.Mixer(8, (ulong)k + 1, 0.3, false)).ToArray();
            using var first = new BdiaStack("first", residuals[..3], new() { Mode = mode }, clock, stream: 0);
            using var second = new BdiaStack("second", residuals[3..], new() { Mode = mode }, clock, stream: 1);
            var x = Stacks.Normal(3, 2, 5, 8).requires_grad_(true);
            var memory = first.forward(x);
            second.forward(memory.Times(0.5), memory).Squared().sum().backward(); // as state and as condition
            return x.grad!.data<float>().ToArray();
        }

        Assert.Equal(Gradient(BackpropagationMode.StoreActivations), Gradient(BackpropagationMode.Reversible));
    }

    [Fact]
    public void Without_a_dispose_scope_gradients_are_the_same()
    {
        using var input = Stacks.Normal(3, 2, 5, 8);
        using var stack = Stacks.Of(3, 8, new());
        var expected = Stacks.Gradients(stack, input)["x"];
        using var weight = Stacks.Normal(77, input.shape);
        for (var round = 0; round < 5; round++)
        {
            using var leaf = input.clone().requires_grad_(true);
            (stack.forward(leaf) * weight).sum().backward();
            GC.Collect();
            using var gradient = leaf.grad!;
            Assert.Equal(expected, gradient.data<float>().ToArray());
        }
    }
}
