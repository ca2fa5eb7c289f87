using Bdia.Core.Layers;
using Bdia.Core.Tensors;
using Bdia.Core.Tests.Reversible;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Layers;

public class FeedForwardTests
{
    [Fact]
    public void The_unit_between_the_layers_is_the_exact_one()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        using var layer = new FeedForward(3, 5, generator);
        // Weights of order 1: at the initial ones the exact unit and its tanh approximation agree to rounding.
        using (no_grad())
            foreach (var (parameter, i) in layer.parameters().Select((parameter, i) => (parameter, i))) parameter.copy_(
                Stacks.Normal((ulong)i, parameter.shape));
        var w = layer.state_dict();
        var x = Stacks.Normal(9, 20, 3);

        var hidden = x.matmul(w["fc1.weight"].t()).Plus(w["fc1.bias"]);
        var active = hidden.Times(0.5) * hidden.Over(Math.Sqrt(2)).erf().Plus(1);
        var expected = active.matmul(w["fc2.weight"].t()).Plus(w["fc2.bias"]);

        // The approximation would be off by up to 5e-4.
        Assert.True(expected.allclose(layer.forward(x), 1e-5, 1e-5));
    }
}
