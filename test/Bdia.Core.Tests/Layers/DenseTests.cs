using Bdia.Core.Layers;
using Bdia.Core.Operations;
using Bdia.Core.Tensors;
using Bdia.Core.Tests.Reversible;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Layers;

public class DenseTests
{
    [Theory]
    [InlineData(25, 4800)]
    [InlineData(300, 400)]
    [InlineData(1600, 75)]
    public void Weights_start_as_a_normal_distribution_whose_deviation_is_one_over_the_root_of_the_inputs_cut_at_two_of_them(int inputs,
        int outputs)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        using var layer = new Dense(inputs, outputs, generator);
        var weight = layer.get_parameter("weight")!.detach();

        // Cut at ±2 the standard normal keeps a deviation of 0.8796; over 120,000 draws that is known to 0.2 %.
        var deviation = 1 / Math.Sqrt(inputs);
        Assert.Equal(0.8796 * deviation, weight.std().item<float>(), 0.01 * deviation);
        Assert.Equal(0, weight.mean().item<float>(), 0.01 * deviation);
        Assert.InRange(weight.abs().max().item<float>(), 1.99 * deviation, 2 * deviation + 1e-7);
        Assert.Equal(0, layer.get_parameter("bias")!.abs().max().item<float>());
    }

    [Fact]
    public void Applies_weight_and_bias_to_the_last_dimension()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        using var layer = new Dense(6, 4, generator);
        using (no_grad()) layer.get_parameter("bias")!.copy_(Stacks.Normal(2, 4));
        var x = Stacks.Normal(3, 2, 5, 6);

        var expected = x.matmul(layer.get_parameter("weight")!.t()).Plus(layer.get_parameter("bias")!);

        Assert.True(expected.allclose(layer.forward(x), 1e-6, 1e-7));
    }

    [Fact]
    public void In_bfloat16_the_operands_are_rounded_and_gradients_stay_float32()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        using var layer = new Dense(6, 4, generator, ComputePrecision.BFloat16);
        var x = Stacks.Normal(3, 5, 6);
        Tensor Rounded(Tensor t) => t.to(ScalarType.BFloat16).to(ScalarType.Float32);

        var y = layer.forward(x);
        y.sum().backward();

        var expected = Rounded(x).matmul(Rounded(layer.get_parameter("weight")!).t());
        Assert.Equal(ScalarType.BFloat16, y.dtype);
        // The product is summed in float32 and rounded once: half a unit in the last of 8 bits.
        Assert.True(expected.allclose(y.to(ScalarType.Float32), 1.0 / 256, 1e-6));
        Assert.Equal(ScalarType.Float32, layer.get_parameter("weight")!.grad!.dtype);
    }

    [Fact]
    public void Parameters_outlive_the_scope_they_were_made_in()
    {
        using var generator = new Generator(1);
        Dense layer;
        using (NewDisposeScope()) layer = new Dense(3, 2, generator);
        using (layer)
        using (NewDisposeScope())
            Assert.Equal([4, 2], layer.forward(Stacks.Normal(1, 4, 3)).shape);
    }

    [Fact]
    public void Parameters_can_be_converted_and_moved_as_a_whole()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        using var layer = new Dense(3, 2, generator);
        var x = Stacks.Normal(1, 4, 3);
        var before = layer.forward(x);

        // The way to another device: TorchSharp replaces every parameter and sets the fields.
        layer.to(ScalarType.Float64);
        Assert.All(layer.parameters(), parameter => Assert.Equal(ScalarType.Float64, parameter.dtype));
        layer.to(ScalarType.Float32);

        Assert.True(before.Equals(layer.forward(x)));
    }

    [Theory]
    [InlineData(0, 2)]
    [InlineData(2, 0)]
    public void Sizes_below_one_are_refused(int inputs, int outputs)
    {
        using var generator = new Generator(1);
        Assert.Throws<ArgumentOutOfRangeException>(() => new Dense(inputs, outputs, generator));
    }
}
