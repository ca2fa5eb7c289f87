using Bdia.Core.Operations;
using Bdia.Core.Tensors;
using Bdia.Core.Tests.Reversible;
using CsCheck;
using TorchSharp;
using static Bdia.Core.Tests.Operations.KernelRows;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Operations;

/// <summary>The kernel of GELU against libtorch in float64, and its bits against themselves on other numbers of threads.</summary>
public class GeluKernelTests
{
    [Fact]
    public void It_and_its_derivative_are_wrong_by_at_most_3e7_over_all_magnitudes()
    {
        using var scope = NewDisposeScope();
        var x = cat([linspace(-20, 20, 400_001),
            tensor(new[] { 0f, -0f, 1e-40f, 1e30f, -1e30f, float.MaxValue, float.MinValue, float.PositiveInfinity })]);
        var (exact, ones, sums) = (Exact(x.Clamp(-1e30, 1e30)), ones_like(x), empty(x.numel()));
        var expected = nn.functional.gelu(exact);
        expected.sum().backward();

        var y = x.clone();
        GeluKernel.Forward(y, y);
        GeluKernel.Backward(x, ones, sums);

        var error = (y.to(ScalarType.Float64).Clamp(-1e30, 1e30) - expected).abs() - expected.abs().Times(1e-7);
        Assert.InRange(error.max().item<double>(), -1e30, 3e-7);
        Assert.InRange((ones.to(ScalarType.Float64) - exact.grad!).abs().max().item<double>(), 0, 3e-7);
        AssertSame(ones, sums);
    }

    [Fact]
    public void It_agrees_with_float64()
        => Shapes.Sample((rows, length, half) =>
        {
            using var scope = NewDisposeScope();
            Tensor x = Values(1, half, rows, length).Times(2), gradient = Values(2, half, rows, length), y = empty_like(x),
                sums = TestMath.Full([length], 7);
            var exact = Exact(x);
            var expected = nn.functional.gelu(exact);
            expected.backward([gradient.to(ScalarType.Float64)]);

            GeluKernel.Forward(x, y);
            GeluKernel.Backward(x, gradient, sums);
            AssertNear(expected, y, 1e-6, half);
            AssertNear(exact.grad!, gradient, 2e-6, half);
            AssertNear(gradient.to(ScalarType.Float64).sum([0]), sums, 1e-6 * (rows + 1), false);
        }, iter: 150);

    [Fact]
    public void NaN_stays_NaN()
    {
        using var scope = NewDisposeScope();
        foreach (var half in new[] { false, true })
        {
            Tensor x = Values(1, half, 3, 20), gradient = Values(2, half, 3, 20), y = empty_like(x), sums = empty(20);
            x[1, 18] = float.NaN;
            GeluKernel.Forward(x, y);
            GeluKernel.Backward(x, gradient, sums);
            foreach (var result in new[] { y, gradient }) AssertSame(x.isnan().to(ScalarType.Float32),
                result.isnan().to(ScalarType.Float32));
            Assert.True(sums[18].isnan().item<bool>());
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Bits_do_not_depend_on_threads(bool half)
    {
        using var scope = NewDisposeScope();
        Tensor x = Values(1, half, 1000, 77), gradient = Values(2, half, 1000, 77);
        var first = Results(1);
        foreach (var threads in ThreadCounts)
            foreach (var (expected, actual) in first.Zip(Results(threads))) AssertSame(expected, actual);

        Tensor[] Results(int? threads)
        {
            Tensor y = empty_like(x), inner = gradient.clone(), biasGradient = empty(77);
            GeluKernel.Forward(x, y, threads);
            GeluKernel.Backward(x, inner, biasGradient, threads);
            return [y, inner, biasGradient];
        }
    }

    [Fact]
    public void Refuses_tensors_of_other_shapes_and_types()
    {
        using var scope = NewDisposeScope();
        Assert.Throws<ArgumentException>(() => GeluKernel.Backward(zeros(3, 4), zeros(3, 4), zeros(5)));
        Assert.Throws<ArgumentException>(() => GeluKernel.Forward(zeros(3, 4, ScalarType.Float64), zeros(3, 4, ScalarType.Float64)));
        Assert.Throws<ArgumentException>(() => GeluKernel.Forward(zeros(4, 3).t(), zeros(3, 4)));
        Assert.Throws<ArgumentException>(() => GeluKernel.Forward(zeros(3, 4), zeros(3, 4, ScalarType.BFloat16)));
    }
}
