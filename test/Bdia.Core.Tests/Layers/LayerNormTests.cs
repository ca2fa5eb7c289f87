using Bdia.Core.Layers;
using Bdia.Core.Tensors;
using Bdia.Core.Tests.Reversible;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Layers;

public class LayerNormTests
{
    [Fact]
    public void Normalises_each_vector_then_scales_and_shifts_it()
    {
        using var scope = NewDisposeScope();
        using var norm = new LayerNorm(6);
        var (weight, bias) = (norm.get_parameter("weight")!, norm.get_parameter("bias")!);
        using (no_grad())
        {
            weight.copy_(Stacks.Normal(1, 6));
            bias.copy_(Stacks.Normal(2, 6));
        }

        // Small values, where epsilon shows.
        var x = Stacks.Normal(3, 2, 5, 6).Times(1e-3);
        var centred = x - x.mean([-1], keepdim: true);
        var variance = (centred * centred).mean([-1], keepdim: true);

        var expected = (centred / variance.Plus(1e-6).sqrt() * weight).Plus(bias);

        Assert.True(expected.allclose(norm.forward(x), 1e-5, 1e-6));
    }
}
