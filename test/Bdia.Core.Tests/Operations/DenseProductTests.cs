using Bdia.Core.Layers;
using Bdia.Core.Operations;
using Bdia.Core.Tests.Reversible;
using CsCheck;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Operations;

/// <summary>The product of few rows and many outputs, by the kernel where it serves and by libtorch elsewhere.</summary>
public class DenseProductTests
{
    [Fact]
    public void It_is_the_layers_output_transposed()
        => Gen.Select(Gen.OneOf(Gen.Int[1, 9].Select(i => 8 * i), Gen.Int[1, 70]), Gen.Int[1, 70],
            Gen.OneOf(Gen.Int[1, 30], Gen.Int[500, 900]), Gen.Int[0, 1 << 20]).Sample(
            (rows, inputs, outputs, seed) =>
            {
                using var scope = NewDisposeScope();
                using var noGradients = no_grad();
                using var generator = new Generator((ulong)seed);
                using var layer = Stacks.Spread(new Dense(inputs, outputs, generator), 1);
                var x = Stacks.Normal((ulong)seed, inputs, rows).t(); // not contiguous, as what comes out of other operations may be
                // Up to 70 products of order 1, each sum rounded at 2⁻²⁴ of what it has come to, in another order.
                var transposed = DenseProduct.Transposed(x, layer.Weight, layer.Bias, ComputePrecision.Float32);
                Assert.InRange((layer.forward(x).t() - transposed).abs().max().item<float>(), 0, 1e-4f);
            }, iter: 100, threads: 1);

    [Fact]
    public void The_kernels_bits_depend_neither_on_threads_nor_on_other_rows()
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var (x, weight) = (Stacks.Normal(1, 48, 33), Stacks.Normal(2, 1111, 33));
        var expected = TransposedDenseKernel.Apply(x, weight);
        foreach (var threads in new[] { 1, 2, 3, 16 }) Assert.True(
            expected.bytes.SequenceEqual(TransposedDenseKernel.Apply(x, weight, threads).bytes), $"{threads} threads");
        Assert.True(expected.narrow(1, 8, 8).Equals(TransposedDenseKernel.Apply(x.narrow(0, 8, 8), weight)));
    }

    [Fact]
    public void Where_gradients_are_wanted_they_come()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        using var layer = new Dense(5, 7, generator);
        DenseProduct.Transposed(ones(8, 5), layer.Weight, layer.Bias, ComputePrecision.Float32).sum().backward();
        Assert.True(layer.Weight.grad!.Equals(TestMath.Full([7, 5], 8)));
    }
}
