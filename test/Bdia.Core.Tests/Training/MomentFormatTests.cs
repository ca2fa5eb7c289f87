using Bdia.Core.ImageClassification;
using Bdia.Core.MemoryEstimates;
using Bdia.Core.Models;
using Bdia.Core.Tensors;
using Bdia.Core.Tests.ImageClassification;
using Bdia.Core.Training;
using CsCheck;
using TorchSharp;
using static TorchSharp.torch;
using Nets = Bdia.Core.Tests.Reversible.Stacks;

namespace Bdia.Core.Tests.Training;

/// <summary>Moments in a byte each, beside those in float32.</summary>
[Collection("Alone")]
public class MomentFormatTests
{
    private static readonly VisionTransformerOptions Network = new()
    {
        ImageHeight = 8, ImageWidth = 8, Channels = 1, Classes = 2, PatchSize = 4, Width = 16, Depth = 2, Heads = 2,
        FeedForwardWidth = 32,
    };

    private static readonly TrainingOptions Options = new()
    {
        Epochs = 3, BatchSize = 8, Seed = 3, LearningRate = 0.003, MomentFormat = MomentFormat.EightBits,
    };

    [Fact]
    public void A_value_becomes_one_of_the_codes_beside_it_and_is_itself_in_the_mean()
        => Gen.Select(Gen.Bool, Gen.Int[1, EightBitBlock.Length], Gen.Float[-6, 6], Gen.ULong).Sample((isSigned, length, size, seed) =>
    {
        const int draws = 400;
        var random = new Random((int)seed);
        var values = new float[length];
        for (var i = 0; i < length; i++)
        {
            // four orders of magnitude in a block, zeros among them
            var value = random.Next(9) == 0 ? 0 : MathF.Pow(10, size - 4 * random.NextSingle());
            values[i] = isSigned && random.Next(2) == 0 ? -value : value;
        }

        var (sums, codes) = (new double[length], new byte[length]);
        Span<float> block = stackalloc float[EightBitBlock.Length];
        for (var draw = 0; draw < draws; draw++)
        {
            block.Clear();
            values.CopyTo(block);
            var scale = EightBitBlock.Encode(block, isSigned, (uint)(draw * 1000), codes);
            Assert.Equal(values.Max(Math.Abs), scale);
            EightBitBlock.Decode(codes, scale, isSigned, block);
            for (var i = 0; i < length; i++)
            {
                var (near, root) = (block[i], Root(values[i], scale, isSigned));
                sums[i] += near;
                if (values[i] == 0) Assert.Equal(0, near);
                else if (!isSigned) Assert.True(near > 0);
                // the codes are equally far apart in the root; a little more for roundings of the root itself
                if (values[i] != 0) Assert.InRange(Math.Abs(Root(near, scale, isSigned) - root), 0, 1.001 / (isSigned ? 127 : 255));
            }
        }

        for (var i = 0; i < length; i++)
        {
            if (values[i] == 0) continue; // was 0 each time; where all are, there is no scale
            // What is below the first code would be 0 too often to divide by: it becomes the first code always.
            var (scale, first) = (values.Max(Math.Abs), Math.Pow(1.0 / 255, 4));
            if (!isSigned && values[i] < first * scale) continue;
            // a draw of two values, their distance apart at most: six deviations of the mean of 400
            var step = Step(values[i], scale, isSigned);
            Assert.Equal(values[i], sums[i] / draws, 6 * step / 2 / Math.Sqrt(draws) + 1e-6 * scale);
        }

        static double Root(float value, float scale, bool isSigned)
            => Math.Pow(Math.Abs(value) / scale, isSigned ? 0.5 : 0.25) * Math.Sign(value);

        static double Step(float value, float scale, bool isSigned)
        {
            var (codes, power) = isSigned ? (127, 2) : (255, 4);
            var code = Math.Floor(Math.Abs(Root(value, scale, isSigned)) * codes);
            return (Math.Pow((code + 1) / codes, power) - Math.Pow(code / codes, power)) * scale;
        }
    }, iter: 100);

    [Fact]
    public void A_mean_that_changes_by_a_thousandth_in_a_step_still_changes()
    {
        using var scope = NewDisposeScope();
        // 4,000 steps with one gradient, then as many with half of it: the mean of squares falls to a quarter, which rounding to the
        // nearest code would keep it from, a step being less than half of a code.
        using var optimizer = Optimizer(out var parameter, MomentFormat.EightBits, columns: 256);
        var gradient = rand([4, 256], generator: new Generator(3)).Plus(0.5);
        for (var step = 1; step <= 8000; step++)
        {
            parameter.grad = step <= 4000 ? gradient : gradient.Times(0.5);
            optimizer.Step(step, 1e-6);
        }

        var mean = optimizer.Slots[0].Second!.Read();
        // 0.999^4000 of the first gradient's squares is left: 2 %
        var ratio = mean.div(gradient.Squared()).mean().item<float>();
        Assert.InRange(ratio, 0.25, 0.29);
    }

    [Fact]
    public void Operations_agree_with_the_pass_over_memory_and_threads_do_not_matter()
    {
        using var scope = NewDisposeScope();
        using var memory = Optimizer(out var a, MomentFormat.EightBits);
        using var operations = Optimizer(out var b, MomentFormat.EightBits);
        using var parallel = Optimizer(out var c, MomentFormat.EightBits, threads: 2);
        for (var step = 1; step <= 10; step++)
        {
            var gradient = Nets.Normal((ulong)step, a.shape);
            (a.grad, c.grad) = (gradient.clone(), gradient.clone());
            b.grad = gradient.t().contiguous().t(); // not contiguous: takes the other way
            foreach (var optimizer in new[] { memory, operations, parallel }) optimizer.Step(step, 0.01, 0.5);
        }

        Assert.Equal(a.bytes.ToArray(), c.bytes.ToArray());
        // A last bit may decide which code a moment becomes: 1 of 255, of a root, of a step of 0.01, ten times.
        Assert.True((a - b).abs().max().item<float>() < 2e-3);
        Assert.True((a - b).abs().mean().item<float>() < 1e-5);
    }

    [Fact]
    public void Steps_are_near_those_of_float32()
    {
        using var scope = NewDisposeScope();
        using var eight = Optimizer(out var a, MomentFormat.EightBits);
        using var full = Optimizer(out var b, MomentFormat.Float32);
        var start = a.detach().clone();
        for (var step = 1; step <= 50; step++)
        {
            (a.grad, b.grad) = (Nets.Normal((ulong)step, a.shape), Nets.Normal((ulong)step, a.shape));
            eight.Step(step, 0.01);
            full.Step(step, 0.01);
        }

        // The way that each has gone; single codes are off by up to a hundredth of the largest mean of their block.
        var (way, apart) = ((b - start).norm().item<float>(), (a - b).norm().item<float>());
        Assert.InRange(apart / way, 1e-4, 0.05);
    }

    [Theory]
    [InlineData(OptimizerKind.AdamW)]
    [InlineData(OptimizerKind.Muon)]
    public void Within_the_backward_pass_a_run_ends_with_the_same_bits(OptimizerKind optimizer)
    {
        using var ordinary = Run(Options with { Optimizer = optimizer });
        using var inBackward = Run(Options with { Optimizer = optimizer, OptimizerInBackward = true });
        using var full = Run(Options with { Optimizer = optimizer, MomentFormat = MomentFormat.Float32 });
        Assert.Equal(Weights.Bytes(ordinary.Model), Weights.Bytes(inBackward.Model));
        Assert.NotEqual(Weights.Bytes(ordinary.Model), Weights.Bytes(full.Model));
        Assert.True(ordinary.Result!.History[^1].TrainingLoss < ordinary.Result.History[0].TrainingLoss);
    }

    [Theory]
    [InlineData(OptimizerKind.AdamW)]
    [InlineData(OptimizerKind.Muon)]
    public void A_run_that_was_stopped_ends_with_the_same_bits_and_goes_on_with_no_other_format(OptimizerKind optimizer)
    {
        var folder = Directory.CreateTempSubdirectory("bdia-moments-").FullName;
        try
        {
            var options = Options with { Optimizer = optimizer, CheckpointDirectory = folder, CheckpointEverySteps = 1, Resume = true };
            using var whole = Run(Options with { Optimizer = optimizer });
            Assert.Throws<FormatException>(() => Run(options, p => { if (p.Step == 7) throw new FormatException(); }));
            using var resumed = Run(options);
            Assert.Equal(Weights.Bytes(whole.Model), Weights.Bytes(resumed.Model));
            Assert.Contains("MomentFormat is EightBits in the checkpoint and Float32 here",
                Assert.Throws<CheckpointException>(() => Run(options with { MomentFormat = MomentFormat.Float32 })).Message,
                StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void What_an_earlier_checkpoint_does_not_say_of_moments_is_float32()
    {
        var now = RunIdentity.Of(new(), new Dictionary<string, string>());
        var before = new SortedDictionary<string, string>(now, StringComparer.Ordinal);
        before.Remove("TrainingOptions.MomentFormat");
        Assert.Empty(RunIdentity.Differences(before, now));
    }

    [Theory]
    [InlineData(OptimizerKind.AdamW, 2)]
    [InlineData(OptimizerKind.Muon, 1)]
    public void Their_memory_is_estimated_to_the_byte_and_that_of_matrices_is_a_quarter(OptimizerKind optimizer, int moments)
    {
        using var network = new VisionTransformer(Network, 1);
        var matrices = BlockMatrices.Of([network.Blocks]);
        using var of = new AdamW(ParameterGroups.Of(network, null, null, optimizer == OptimizerKind.Muon ? matrices : null), 0.9, 0.99,
            1e-8, 0, 0.95, matrices.Keys.ToHashSet<Tensor>(ReferenceEqualityComparer.Instance));
        var (eight, full) = (Estimate(MomentFormat.EightBits), Estimate(MomentFormat.Float32));
        Assert.Equal(of.State.Sum(pair => pair.Value.numel() * pair.Value.element_size()), eight);
        var weights = matrices.Keys.Sum(matrix => matrix.numel());
        Assert.Equal(full - moments * (4 * weights - weights - weights / 64), eight);

        long Estimate(MomentFormat format)
            => MemoryEstimate.ForImages(Network, Options with { Optimizer = optimizer, MomentFormat = format }).Optimizer;
    }

    [Fact]
    public void A_network_without_blocks_and_an_unknown_format_are_refused()
    {
        var task = new ToyTask();
        using var net = task.Net;
        Assert.Contains("MomentFormat is EightBits, but ToyModule has no blocks", Assert.Throws<ArgumentException>(
            () => task.Train(Options with { Optimizer = OptimizerKind.AdamW }, new ToySource(64, 16, 5))).Message,
            StringComparison.Ordinal);
        Assert.Contains("MomentFormat is 7", Assert.Throws<ArgumentException>(
            () => new TrainingOptions { MomentFormat = (MomentFormat)7 }.Validate()).Message, StringComparison.Ordinal);
    }

    // Of one parameter of several pieces with a rest, or of as many columns as are asked for.
    private static AdamW Optimizer(out Tensor parameter, MomentFormat format, int? columns = null, int threads = 1)
    {
        parameter = columns is { } few ? Nets.Normal(1, 4, few) : Nets.Normal(1, 701, 501);
        parameter.requires_grad = true;
        var groups = new ParameterGroups([("p", parameter)], ["p"], []);
        return new AdamW(groups, 0.9, 0.999, 1e-8, 0.05, 0.95,
            format == MomentFormat.EightBits ? new HashSet<Tensor>(ReferenceEqualityComparer.Instance) { parameter } : null)
        {
            Threads = threads,
        };
    }

    private static ImageClassifier Run(TrainingOptions options, Action<TrainingProgress>? progress = null)
        => ImageClassifierTraining.Run(Network, options, new(), new ToyImages(40), progress: progress is null ? null : new Call(progress),
            cancellation: TestContext.Current.CancellationToken);
}
