using Bdia.Core.Operations;
using Bdia.Core.Tensors;
using CsCheck;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Operations;

/// <summary>The loss in pieces beside libtorch's operations on whole logits, in float64.</summary>
[Collection("Alone")] // live tensors are counted of the whole process
public class OutputLossTests
{
    private const int Never = 0;

    // All of one piece, which is where rounding alone differs.
    private static readonly Gen<Case> Cases = Gen.Select(Gen.Int[1, 400], Gen.Int[4, 70], Gen.Int[1, 24], Gen.Bool, Gen.Double[0, 0.9],
        Gen.ULong[0, 1000], (rows, classes, width, hasBias, smoothing, seed) => new Case(rows, classes, width, hasBias, smoothing, seed));

    [Fact]
    public void Loss_and_gradients_are_those_of_whole_logits() => Cases.Sample(test =>
    {
        using var scope = NewDisposeScope();
        var (own, whole) = (test.Leaves(ScalarType.Float32), test.Leaves(ScalarType.Float64));
        using var loss = OutputLoss.Mean(own[0], Case.Product(own), test.Targets, Never, test.Smoothing);
        loss.Value.Times(3).backward();
        var (expected, correct) = CrossEntropy.ByLibtorch(Logits(whole), test.Targets, Never, test.Smoothing);
        expected.Times(3).backward();

        // float32 of logits that are sums of up to 24 products, each off by 2^-24 of its size, and of sums over up to 400 rows
        Assert.Equal(expected.item<double>(), loss.Value.item<float>(), 1e-5 * Math.Max(1, expected.item<double>()));
        Assert.InRange(loss.Correct, correct - 1, correct + 1); // two logits may be as large to float32
        // Gradients by the bias may all but cancel: what is left is rounding of probabilities.
        for (var i = 0; i < own.Length; i++)
        {
            var (computed, exact) = (own[i].grad!.to(ScalarType.Float64), whole[i].grad!);
            Assert.True((computed - exact).norm().item<double>() <= 1e-5 * exact.norm().item<double>() + 1e-6, $"gradient {i}");
        }
    }, iter: 100, threads: 1);

    [Fact]
    public void Several_pieces_give_what_rows_of_them_give_by_themselves()
    {
        using var scope = NewDisposeScope();
        const int classes = 20_000; // 128 rows a piece
        Assert.Equal(128, OutputLoss.PieceRows(classes));
        var test = new Case(Rows: 300, classes, Width: 8, HasBias: true, Smoothing: 0.1, Seed: 5);
        var leaves = test.Leaves(ScalarType.Float32);
        using var loss = OutputLoss.Mean(leaves[0], Case.Product(leaves), test.Targets, Never, test.Smoothing);
        loss.Value.backward();

        var (sum, correct) = (0.0, 0L);
        foreach (var (first, rows) in new[] { (0, 128), (128, 128), (256, 44) })
        {
            var part = test.Leaves(ScalarType.Float32);
            var states = part[0].detach().narrow(0, first, rows).clone().requires_grad_(true);
            using var of = OutputLoss.Mean(states, Case.Product(part), test.Targets[first..(first + rows)], Never, test.Smoothing);
            of.Value.Times(rows / 300.0).backward();
            sum += of.Value.item<float>() * rows;
            correct += of.Correct;
            // the same but for the factor, which is multiplied in after rounding
            Assert.True((states.grad! - leaves[0].grad!.narrow(0, first, rows)).norm().item<float>()
                <= 1e-6 * states.grad!.norm().item<float>());
        }

        Assert.Equal(sum / 300, loss.Value.item<float>(), 1e-5);
        Assert.Equal(correct, loss.Correct);
    }

    [Fact]
    public void In_bfloat16_it_is_as_near_as_whole_logits_are()
    {
        using var scope = NewDisposeScope();
        var test = new Case(Rows: 200, Classes: 300, Width: 32, HasBias: false, Smoothing: 0.1, Seed: 5);
        var (exact, own, whole) = (test.Leaves(ScalarType.Float64), test.Leaves(ScalarType.Float32), test.Leaves(ScalarType.Float32));
        CrossEntropy.ByLibtorch(Logits(exact), test.Targets, Never, test.Smoothing).Loss.backward();
        using var loss = OutputLoss.Mean(own[0], Case.Product(own) with { Precision = ComputePrecision.BFloat16 }, test.Targets, Never,
            test.Smoothing);
        loss.Value.backward();
        using var other = CrossEntropy.Mean((Case.Product(whole) with { Precision = ComputePrecision.BFloat16 }).Logits(whole[0]),
            test.Targets, Never, test.Smoothing);
        other.Value.backward();
        for (var i = 0; i < own.Length; i++)
        {
            // both are off by roundings to 8 bits, at other places
            var (mine, theirs) = (Error(own[i]), Error(whole[i]));
            Assert.True(mine <= 1.5 * theirs, $"gradient {i}: {mine} off, whole logits {theirs}");
            double Error(Tensor leaf) => (leaf.grad!.to(ScalarType.Float64) - exact[i].grad!).norm().item<double>();
        }
    }

    [Fact]
    public void Validation_sums_are_those_of_whole_logits() => Cases.Sample(test =>
    {
        using var scope = NewDisposeScope();
        var (own, whole) = (test.Leaves(ScalarType.Float32), test.Leaves(ScalarType.Float64));
        var (sum, correct) = OutputLoss.Sum(own[0], Case.Product(own), test.Targets, Never);
        var (expected, expectedCorrect) = CrossEntropy.ByLibtorch(Logits(whole), test.Targets, Never, 0);
        Assert.Equal(expected.item<double>() * test.Rows, sum, 1e-4 * Math.Max(1, Math.Abs(sum)));
        Assert.InRange(correct, expectedCorrect - 1, expectedCorrect + 1);
    }, iter: 30, threads: 1);

    [Fact]
    public void Gradients_are_taken_once_and_nothing_is_left_behind()
    {
        var test = new Case(Rows: 9, Classes: 5, Width: 4, HasBias: true, Smoothing: 0, Seed: 1);
        using (NewDisposeScope())
        {
            var leaves = test.Leaves(ScalarType.Float32);
            using var loss = OutputLoss.Mean(leaves[0], Case.Product(leaves), test.Targets, Never, 0);
            loss.Value.backward(retain_graph: true);
            Assert.ThrowsAny<Exception>(() => loss.Value.backward());
        }

        LiveTensors.AssertKept(20, () =>
        {
            using var scope = NewDisposeScope();
            var leaves = test.Leaves(ScalarType.Float32);
            using var loss = OutputLoss.Mean(leaves[0], Case.Product(leaves), test.Targets, Never, 0);
            loss.Value.backward();
            foreach (var leaf in leaves) leaf.grad = null;
        });
    }

    [Fact]
    public void States_of_other_rows_than_there_are_targets_are_refused()
    {
        using var scope = NewDisposeScope();
        var leaves = new Case(3, 5, 4, false, 0, 1).Leaves(ScalarType.Float32);
        Assert.Contains("(3, 4) for 2 tokens", Assert.Throws<ArgumentException>(
            () => OutputLoss.Mean(leaves[0], Case.Product(leaves), [1, 2], Never, 0)).Message, StringComparison.Ordinal);
    }

    private static Tensor Logits(Tensor[] leaves) => leaves[0].matmul(leaves[1].t()).Plus(leaves.Length > 2 ? leaves[2] : 0);

    private sealed record Case(int Rows, int Classes, int Width, bool HasBias, double Smoothing, ulong Seed)
    {
        public int[] Targets
        {
            get
            {
                var random = new Random((int)Seed);
                return [.. Enumerable.Range(0, Rows).Select(_ => random.Next(1, Classes))];
            }
        }

        public static OutputProduct Product(Tensor[] leaves)
            => new(leaves[1], leaves.Length > 2 ? leaves[2] : null, ComputePrecision.Float32);

        /// <summary>States, weight and, where there is one, bias.</summary>
        public Tensor[] Leaves(ScalarType type)
        {
            using var generator = new Generator(Seed);
            Tensor[] leaves = [randn([Rows, Width], generator: generator), randn([Classes, Width], generator: generator).Times(0.5),
                .. HasBias ? new[] { randn([Classes], generator: generator) } : []];
            return [.. leaves.Select(leaf => leaf.to(type).detach().requires_grad_(true))];
        }
    }
}
