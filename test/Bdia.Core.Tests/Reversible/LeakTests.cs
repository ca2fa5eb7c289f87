using Bdia.Core.Reversible;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Reversible;

/// <summary>Counts live tensors of the whole process, so nothing else may run meanwhile.</summary>
[CollectionDefinition("Alone", DisableParallelization = true)]
public class Alone;

[Collection("Alone")]
public class LeakTests
{
    [Fact]
    public void A_training_step_leaves_no_tensor_behind()
    {
        using var stack = Stacks.Of(4, 8, new(), dropout: 0.1);
        using var input = Stacks.Normal(3, 2, 5, 8);
        void Step()
        {
            using var scope = NewDisposeScope();
            stack.forward(input).sum().backward();
            stack.zero_grad();
        }

        Step();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var before = Tensor.TotalCount;
        for (var i = 0; i < 20; i++) Step();
        // Gradients replace gradients; TorchSharp leaves a few handles per node to the finaliser, so these are collected first.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.Equal(before, Tensor.TotalCount);
    }
}
