using Bdia.Core.Operations;
using Bdia.Core.Tensors;
using Bdia.Core.Tests.Reversible;
using CsCheck;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Operations;

/// <summary>The kernels over rows against libtorch in float64, and their bits against themselves on other numbers of threads.</summary>
public class RowKernelTests
{
    private const double Epsilon = 1e-5, HalfUnit = 1.0 / 256; // bfloat16 has 8 significant bits, so rounding is by at most 2⁻⁸ of the value
    private static readonly int?[] ThreadCounts = [1, 2, 3, 16, null];

    // Rows of one piece and several, whole and not; lengths of one register and several, whole and not.
    private static readonly Gen<(int Rows, int Length, bool Half)> Shapes = Gen.Select(
        Gen.OneOf(Gen.Const(0), Gen.Const(1), Gen.Const(64), Gen.Int[1, 200]), Gen.OneOf(Gen.Const(1), Gen.Const(40), Gen.Const(256), Gen.Int[1, 100]), Gen.Bool);

    [Fact]
    public void Layer_norm_agrees_with_float64()
        => Shapes.Sample((rows, length, half) =>
        {
            using var scope = NewDisposeScope();
            var p = new NormProblem(rows, length, half);
            var (x, weight, bias) = (Exact(p.X), Exact(p.Weight), Exact(p.Bias));
            var centred = x - x.mean([-1], keepdim: true);
            var variance = (centred * centred).mean([-1], keepdim: true);
            var output = centred / (variance + Epsilon).sqrt() * weight + bias;
            output.backward([p.Gradient.to(ScalarType.Float64)]);

            // Every rounding of x - mean, some 10⁻⁷ of the largest values, is multiplied by 1 / deviation, which rows of few elements may have large;
            // the gradient has it to the second power in its projection.
            var inverse = rows == 0 ? 1 : Math.Max(1, (variance + Epsilon).rsqrt().max().item<double>());
            var results = p.Run(null);
            AssertNear(output, results[0], 1e-5 * inverse, half);
            AssertNear(x.grad! + p.Addend, results[1], 2e-5 * inverse * inverse, false);
            AssertNear(weight.grad!, results[2], 2e-5 * inverse * Math.Sqrt(rows + 1), false);
            AssertNear(bias.grad!, results[3], 1e-6 * (rows + 1), false);
        }, iter: 150);

    [Fact]
    public void Layer_norm_may_write_over_its_addend_or_gradient_and_needs_no_addend()
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
        AssertNear(expected.to(ScalarType.Float64), alone + p.Addend, 1e-5, false);
    }

    [Fact]
    public void Gelu_and_its_derivative_are_wrong_by_at_most_3e7_over_all_magnitudes()
    {
        using var scope = NewDisposeScope();
        var x = cat([linspace(-20, 20, 400_001), tensor(new[] { 0f, -0f, 1e-40f, 1e30f, -1e30f, float.MaxValue, float.MinValue, float.PositiveInfinity })]);
        var (exact, ones, sums) = (Exact(x.clamp(-1e30, 1e30)), ones_like(x), empty(x.numel()));
        var expected = nn.functional.gelu(exact);
        expected.sum().backward();

        var y = x.clone();
        GeluKernel.Forward(y, y);
        GeluKernel.Backward(x, ones, sums);

        var error = (y.to(ScalarType.Float64).clamp(-1e30, 1e30) - expected).abs() - expected.abs() * 1e-7;
        Assert.InRange(error.max().item<double>(), -1e30, 3e-7);
        Assert.InRange((ones.to(ScalarType.Float64) - exact.grad!).abs().max().item<double>(), 0, 3e-7);
        AssertSame(ones, sums);
    }

    [Fact]
    public void Gelu_agrees_with_float64()
        => Shapes.Sample((rows, length, half) =>
        {
            using var scope = NewDisposeScope();
            Tensor x = Values(1, half, rows, length) * 2, gradient = Values(2, half, rows, length), y = empty_like(x), sums = full([length], 7f);
            var exact = Exact(x);
            var expected = nn.functional.gelu(exact);
            expected.backward([gradient.to(ScalarType.Float64)]);

            GeluKernel.Forward(x, y);
            GeluKernel.Backward(x, gradient, sums);
            AssertNear(expected, y, 1e-6, half);
            AssertNear(exact.grad!, gradient, 2e-6, half);
            AssertNear(gradient.to(ScalarType.Float64).sum([0]), sums, 1e-6 * (rows + 1), false);
        }, iter: 150);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Bits_do_not_depend_on_threads(bool half)
    {
        using var scope = NewDisposeScope();
        var norm = new NormProblem(1000, 77, half);
        Tensor x = Values(1, half, 1000, 77), gradient = Values(2, half, 1000, 77);
        var first = Results(1);
        foreach (var threads in ThreadCounts)
            foreach (var (expected, actual) in first.Zip(Results(threads))) AssertSame(expected, actual);

        Tensor[] Results(int? threads)
        {
            Tensor y = empty_like(x), inner = gradient.clone(), biasGradient = empty(77);
            GeluKernel.Forward(x, y, threads);
            GeluKernel.Backward(x, inner, biasGradient, threads);
            return [.. norm.Run(threads), y, inner, biasGradient];
        }
    }

    [Fact]
    public void BFloat16_is_rounded_as_libtorch_does()
    {
        using var scope = NewDisposeScope();
        // Normalised with no spread, a row is its bias: 1 + 2⁻⁸ lies halfway between two bfloat16, as does 1 + 3 · 2⁻⁸.
        var bias = cat([tensor(new[] { 1 + 1 / 256f, 1 + 3 / 256f, -1 - 1 / 256f, float.NaN, float.PositiveInfinity, float.MaxValue, 1e-40f, -0f }), Stacks.Normal(3, 60)]);
        var output = empty(3, 68, ScalarType.BFloat16);
        LayerNormKernel.Forward(zeros(3, 68), ones(68), bias, Epsilon, output);
        var expected = bias.to(ScalarType.BFloat16).expand(3, 68);
        Assert.True(output.eq(expected).logical_or(output.isnan().logical_and(expected.isnan())).all().item<bool>());
    }

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
            foreach (var result in new[] { y, gradient }) AssertSame(x.isnan().to(ScalarType.Float32), result.isnan().to(ScalarType.Float32));
            Assert.True(sums[18].isnan().item<bool>());
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
        Assert.Throws<ArgumentException>(() => LayerNormKernel.Forward(zeros(3, 4), zeros(4), zeros(4), Epsilon, zeros(4, 4)));
    }

    private static Tensor Values(ulong seed, bool half, params long[] shape)
        => shape.Contains(0) ? empty(shape, half ? ScalarType.BFloat16 : ScalarType.Float32) : Stacks.Normal(seed, shape).to(half ? ScalarType.BFloat16 : ScalarType.Float32);

    private static Tensor Exact(Tensor x) => x.to(ScalarType.Float64).detach().requires_grad_(true);

    private static void AssertSame(Tensor expected, Tensor actual)
        => Assert.Equal(0, TensorMemory.DifferingElements(expected.to(ScalarType.Float32).contiguous(), actual.to(ScalarType.Float32).contiguous()));

    private static void AssertNear(Tensor exact, Tensor actual, double bound, bool half)
    {
        Assert.Equal(exact.shape, actual.shape);
        if (exact.numel() == 0) return;
        var excess = (exact - actual).abs() - exact.abs() * ((half ? HalfUnit : 0) + 1e-6);
        Assert.InRange(excess.max().item<double>(), double.NegativeInfinity, bound);
    }

    private sealed class NormProblem(int rows, int length, bool half)
    {
        public Tensor X { get; } = Values(11, false, rows, length) + 0.5;

        public Tensor Weight { get; } = Values(12, false, length);

        public Tensor Bias { get; } = Values(13, false, length);

        public Tensor Gradient { get; } = Values(14, half, rows, length);

        public Tensor Addend { get; } = Values(15, false, rows, length);

        // The output, the addend plus the gradient by x, and the gradients by weight and bias.
        public Tensor[] Run(int? threads)
        {
            Tensor output = empty([rows, length], half ? ScalarType.BFloat16 : ScalarType.Float32), destination = empty(rows, length);
            Tensor weightGradient = full([length], 7f), biasGradient = full([length], 7f);
            LayerNormKernel.Forward(X, Weight, Bias, Epsilon, output, threads);
            LayerNormKernel.Backward(X, Weight, Epsilon, Gradient, Addend, destination, weightGradient, biasGradient, threads);
            return [output, destination, weightGradient, biasGradient];
        }
    }
}
