using Bdia.Core.Numerics;
using Bdia.Core.Operations;
using Bdia.Core.Tensors;
using CsCheck;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Operations;

public class CrossEntropyTests
{
    private const int Never = 0;

    // Widths with and without a remainder behind the vectors, and some smaller than a vector.
    private static readonly Gen<(int Rows, int Width, ulong Seed, double Smoothing)> Cases =
        Gen.Select(Gen.Int[1, 20], Gen.Int[4, 70], Gen.ULong, Gen.Double[0, 0.9]);

    [Fact]
    public void Loss_and_gradient_are_those_of_the_definition() => Cases.Sample(test =>
    {
        using var scope = NewDisposeScope();
        var (logits, targets) = Random(test.Rows, test.Width, test.Seed);
        var expected = Naive(logits, targets, test.Smoothing);
        var leaf = Leaf(logits, test.Rows);
        // Times 1: the loss takes over the memory of what it is given, which a leaf's must not be.
        using var loss = CrossEntropy.Mean(leaf.Times(1), targets, Never, test.Smoothing);
        loss.Value.backward();

        // float32 of the sum; logits themselves are exact
        Assert.Equal(expected.Loss, loss.Value.item<float>(), 1e-5 * Math.Max(1, expected.Loss));
        Assert.Equal(expected.Correct, loss.Correct);
        var gradient = leaf.grad!.data<float>().ToArray();
        // a probability in float32, some roundings
        for (var i = 0; i < gradient.Length; i++) Assert.Equal(expected.Gradient[i], gradient[i], 2e-6 / test.Rows);
    }, iter: 60);

    [Fact]
    public void The_gradient_follows_the_factor_of_the_loss()
    {
        using var scope = NewDisposeScope();
        var (logits, targets) = Random(6, 21, 4);
        var (once, thrice) = (Leaf(logits, 6), Leaf(logits, 6));
        using var one = CrossEntropy.Mean(once.Times(1), targets, Never, 0.1);
        using var three = CrossEntropy.Mean(thrice.Times(1), targets, Never, 0.1);
        one.Value.backward();
        three.Value.Times(3).backward();
        Assert.Equal(once.grad!.Times(3).data<float>().ToArray(), thrice.grad!.data<float>().ToArray());
    }

    [Fact]
    public void Memory_and_libtorchs_operations_agree()
    {
        using var scope = NewDisposeScope();
        var (logits, targets) = Random(7, 50, 9);
        var (own, other) = (Leaf(logits, 7), Leaf(logits, 7, ScalarType.Float64));
        using var loss = CrossEntropy.Mean(own.Times(1), targets, Never, 0.2);
        using var otherLoss = CrossEntropy.Mean(other.Times(1), targets, Never, 0.2); // float64 does not go through the kernel
        loss.Value.backward();
        otherLoss.Value.backward();
        Assert.Equal(otherLoss.Value.item<double>(), loss.Value.item<float>(), 1e-6);
        Assert.Equal(otherLoss.Correct, loss.Correct);
        Assert.True((other.grad! - own.grad!).abs().max().item<double>() < 1e-7);
    }

    [Fact]
    public void Validation_sums_without_smoothing_in_double_precision()
    {
        using var scope = NewDisposeScope();
        var (logits, targets) = Random(50, 333, 2);
        var expected = Naive(logits, targets, 0);
        var (sum, correct) = CrossEntropy.Sum(tensor(logits, [50, 333]), targets, Never);
        Assert.Equal(expected.Loss * 50, sum, 1e-5); // exponentials are float32, sums are not
        Assert.Equal(expected.Correct, correct);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void What_is_no_number_shows_in_the_loss(float value)
    {
        using var scope = NewDisposeScope();
        for (var at = 0; at < 37; at++)
        {
            var (logits, targets) = Random(1, 37, 3);
            logits[at] = value;
            Assert.False(double.IsFinite(CrossEntropy.Sum(tensor(logits, [1, 37]), targets, Never).Sum), $"at {at}");
        }
    }

    [Fact]
    public void Far_apart_logits_neither_overflow_nor_vanish()
    {
        using var scope = NewDisposeScope();
        var logits = new float[20];
        logits[5] = 1000;
        Assert.Equal(1000, CrossEntropy.Sum(tensor(logits, [1, 20]), [6], Never).Sum, 2e-7);
        // the exponential of 0 may be off by a float32's last bit
        Assert.Equal(0, CrossEntropy.Sum(tensor(logits, [1, 20]), [5], Never).Sum, 2e-7);
    }

    [Fact]
    public void A_second_backward_pass_is_an_error()
    {
        using var scope = NewDisposeScope();
        var (logits, targets) = Random(3, 11, 1);
        using var loss = CrossEntropy.Mean(Leaf(logits, 3).Times(1), targets, Never, 0);
        loss.Value.backward(retain_graph: true);
        Assert.ThrowsAny<Exception>(() => loss.Value.backward());
    }

    [Fact]
    public void Other_shapes_are_refused()
    {
        using var scope = NewDisposeScope();
        Assert.Contains("(2, 5) for 3 tokens",
            Assert.Throws<ArgumentException>(() => CrossEntropy.Mean(zeros(2, 5), [1, 2, 3], Never, 0)).Message, StringComparison.Ordinal);
    }

    private static (float[] Logits, int[] Targets) Random(int rows, int width, ulong seed)
    {
        var random = RandomSequence.At(seed);
        var logits = new float[rows * width];
        for (var i = 0; i < logits.Length; i++) logits[i] = (float)(3 * random.NextGaussian());
        var targets = new int[rows];
        for (var i = 0; i < rows; i++) targets[i] = 1 + random.Next(width - 1);
        return (logits, targets);
    }

    private static Tensor Leaf(float[] logits, int rows, ScalarType type = ScalarType.Float32)
        => tensor(logits, [rows, logits.Length / rows]).to(type).requires_grad_(true);

    private static (double Loss, double[] Gradient, long Correct) Naive(float[] logits, int[] targets, double smoothing)
    {
        var width = logits.Length / targets.Length;
        var (loss, correct, gradient) = (0.0, 0L, new double[logits.Length]);
        for (var i = 0; i < targets.Length; i++)
        {
            var row = logits.Skip(i * width).Take(width).Select(x => (double)x).ToArray();
            var max = row.Max();
            var logSum = max + Math.Log(row.Sum(x => Math.Exp(x - max)));
            for (var c = 0; c < width; c++)
            {
                var share = (c == targets[i] ? 1 - smoothing : 0) + (c == Never ? 0 : smoothing / (width - 1));
                loss -= share * (row[c] - logSum);
                gradient[i * width + c] = (Math.Exp(row[c] - logSum) - share) / targets.Length;
            }

            if (row[targets[i]] == max) correct++;
        }

        return (loss / targets.Length, gradient, correct);
    }
}
