using System.Runtime.CompilerServices;
using Bdia.Core.Reversible;
using Bdia.Core.Training;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Reversible;

/// <summary>Counts live tensors of the whole process, so nothing else may run meanwhile.</summary>
[CollectionDefinition("Alone", DisableParallelization = true)]
public class Alone;

[Collection("Alone")]
public class LeakTests
{
    [Theory]
    [InlineData(BackpropagationMode.Reversible, true)]
    [InlineData(BackpropagationMode.Reversible, false)] // a pass that nobody goes back through
    [InlineData(BackpropagationMode.StoreActivations, true)]
    [InlineData(BackpropagationMode.StoreActivations, false)]
    [InlineData(BackpropagationMode.Checkpointed, true)]
    [InlineData(BackpropagationMode.Checkpointed, false)]
    public void A_training_step_leaves_no_tensor_behind(BackpropagationMode mode, bool back)
    {
        using var stack = Stacks.Of(4, 8, new() { Mode = mode }, dropout: 0.1);
        using var input = Stacks.Normal(3, 2, 5, 8);
        LiveTensors.AssertKept(20, () =>
        {
            using var scope = NewDisposeScope();
            var loss = stack.forward(input, input.clone().requires_grad_(true)).sum();
            if (back) loss.backward();
            stack.zero_grad(); // gradients replace gradients
        });
    }

    [Theory]
    [InlineData(BackpropagationMode.Reversible)]
    [InlineData(BackpropagationMode.Checkpointed)]
    public void Optimizer_steps_within_the_backward_pass_leave_no_tensor_behind(BackpropagationMode mode)
    {
        using var stack = Stacks.Of(4, 8, new() { Mode = mode }, dropout: 0.1);
        using var optimizer = new AdamW(ParameterGroups.Of(stack));
        using var input = Stacks.Normal(3, 2, 5, 8);
        LiveTensors.AssertKept(20, () =>
        {
            using var inBackward = new AdamWInBackward(optimizer, [stack]);
            Assert.Equal(inBackward.Measure(Pass), inBackward.Step(Pass, 1, 1e-9));
            stack.Clock.Step = 0;
        });

        void Pass()
        {
            using var scope = NewDisposeScope();
            stack.Clock.Step = 0;
            stack.forward(input).sum().backward();
        }
    }

    [Fact]
    public void A_forward_pass_that_fails_lets_go_of_the_graph_behind_it()
    {
        var behind = Fail();
        for (var i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.False(behind.IsAlive);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference Fail()
    {
        using var scope = NewDisposeScope();
        using var behind = Stacks.Of(2, 8, new());
        using var failing = new BdiaStack("failing", [new Exploding()]);
        Assert.Throws<InvalidOperationException>(() => failing.forward(behind.forward(Stacks.Normal(3, 2, 5, 8))));
        return new WeakReference(behind);
    }

    private sealed class Exploding() : Residual("exploding")
    {
        public override Tensor forward(Tensor x, ResidualContext context) => throw new InvalidOperationException();
    }
}
