using Bdia.Core.Operations;
using Bdia.Core.Tensors;
using Bdia.Core.Tests.Reversible;
using CsCheck;
using TorchSharp;
using static Bdia.Core.Tests.Operations.KernelRows;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Operations;

/// <summary>
/// The kernel of layer normalisation against libtorch in float64, and its bits against themselves on other numbers of threads.
/// </summary>
public class LayerNormKernelTests
{
    private const double Epsilon = 1e-5;

    [Fact]
    public void It_agrees_with_float64()
        => Shapes.Sample((rows, length, half) =>
        {
            using var scope = NewDisposeScope();
            var p = new NormProblem(rows, length, half);
            var (x, weight, bias) = (Exact(p.X), Exact(p.Weight), Exact(p.Bias));
            var centred = x - x.mean([-1], keepdim: true);
            var variance = (centred * centred).mean([-1], keepdim: true);
            var output = (centred / variance.Plus(Epsilon).sqrt() * weight).Plus(bias);
            output.backward([p.Gradient.to(ScalarType.Float64)]);

            // Every rounding of x - mean, some 10⁻⁷ of the largest values, is multiplied by 1 / deviation, which rows of few elements may
            // have large; the gradient has it to the second power in its projection.
            var inverse = rows == 0 ? 1 : Math.Max(1, variance.Plus(Epsilon).rsqrt().max().item<double>());
            var results = p.Run(null);
            AssertNear(output, results[0], 1e-5 * inverse, half);
            AssertNear(x.grad!.Plus(p.Addend), results[1], 2e-5 * inverse * inverse, false);
            AssertNear(weight.grad!, results[2], 2e-5 * inverse * Math.Sqrt(rows + 1), false);
            AssertNear(bias.grad!, results[3], 1e-6 * (rows + 1), false);
        }, iter: 150);

    [Fact]
    public void It_may_write_over_its_addend_or_gradient_and_needs_no_addend()
    {
        using var scope = NewDisposeScope();
        var p = new NormProblem(70, 50, half: false);
        var expected = p.Run(null)[1];
        Tensor inPlace = p.Addend.clone(), alone = empty_like(p.X), sums = empty(50);
        LayerNormKernel.Backward(p.X, p.Weight, Epsilon, p.Gradient, inPlace, inPlace, sums, empty(50));
        LayerNormKernel.Backward(p.X, p.Weight, Epsilon, p.Gradient, null, alone, sums, empty(50));
        AssertSame(expected, inPlace);
        var overGradient = p.Gradient.clone();
        LayerNormKernel.Backward(p.X, p.Weight, Epsilon, overGradient, null, overGradient, sums, empty(50));
        AssertSame(alone, overGradient);
        AssertNear(expected.to(ScalarType.Float64), alone.Plus(p.Addend), 1e-5, false);
    }

    [Fact]
    public void BFloat16_is_rounded_as_libtorch_does()
    {
        using var scope = NewDisposeScope();
        // Normalised with no spread, a row is its bias: 1 + 2⁻⁸ lies halfway between two bfloat16, as does 1 + 3 · 2⁻⁸.
        var bias = cat([tensor(new[] { 1 + 1 / 256f, 1 + 3 / 256f, -1 - 1 / 256f, float.NaN, float.PositiveInfinity,
            float.MaxValue, 1e-40f, -0f }), Stacks.Normal(3, 60)]);
        var output = empty(3, 68, ScalarType.BFloat16);
        LayerNormKernel.Forward(zeros(3, 68), ones(68), bias, Epsilon, output);
        var expected = bias.to(ScalarType.BFloat16).expand(3, 68);
        Assert.True(output.eq(expected).logical_or(output.isnan().logical_and(expected.isnan())).all().item<bool>());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Bits_do_not_depend_on_threads(bool half)
    {
        using var scope = NewDisposeScope();
        var p = new NormProblem(1000, 77, half);
        var first = p.Run(1);
        foreach (var threads in ThreadCounts)
            foreach (var (expected, actual) in first.Zip(p.Run(threads))) AssertSame(expected, actual);
    }

    [Fact]
    public void Refuses_tensors_of_other_shapes()
    {
        using var scope = NewDisposeScope();
        Assert.Throws<ArgumentException>(() => LayerNormKernel.Forward(zeros(3, 4), zeros(4), zeros(4), Epsilon, zeros(4, 4)));
    }

    private sealed class NormProblem(int rows, int length, bool half)
    {
        public Tensor X { get; } = Values(11, false, rows, length).Plus(0.5);

        public Tensor Weight { get; } = Values(12, false, length);

        public Tensor Bias { get; } = Values(13, false, length);

        public Tensor Gradient { get; } = Values(14, half, rows, length);

        public Tensor Addend { get; } = Values(15, false, rows, length);

        // The output, the addend plus the gradient by x, and the gradients by weight and bias.
        public Tensor[] Run(int? threads)
        {
            Tensor output = empty([rows, length], half ? ScalarType.BFloat16 : ScalarType.Float32), destination = empty(rows, length);
            Tensor weightGradient = TestMath.Full([length], 7), biasGradient = TestMath.Full([length], 7);
            LayerNormKernel.Forward(X, Weight, Bias, Epsilon, output, threads);
            LayerNormKernel.Backward(X, Weight, Epsilon, Gradient, Addend, destination, weightGradient, biasGradient, threads);
            return [output, destination, weightGradient, biasGradient];
        }
    }
}
