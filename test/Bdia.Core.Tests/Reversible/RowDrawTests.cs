using Bdia.Core.ImageClassification;
using Bdia.Core.Models;
using Bdia.Core.Reversible;
using Bdia.Core.Tests.ImageClassification;
using Bdia.Core.Training;
using CsCheck;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Reversible;

/// <summary>A row draws by its number in the step, so that it does not matter in which part of a batch it comes.</summary>
public class RowDrawTests
{
    private static readonly Gen<int[]> Parts = Gen.Int[1, 5].Array[1, 3];

    [Fact]
    public void A_batch_in_parts_draws_the_gammas_and_masks_of_the_whole()
        => Gen.Select(Parts, Gen.Int[1, 4], Gen.Int[1, 9], Gen.ULong, Gen.Long[0, 1_000_000]).Sample((parts, tokens, width, seed, step) =>
    {
        using var scope = NewDisposeScope();
        var whole = Draw(parts.Sum(), 0);
        var (first, seen) = (0, new List<float[][]>());
        foreach (var rows in parts)
        {
            seen.Add(Draw(rows, first));
            first += rows;
        }

        for (var kind = 0; kind < whole.Length; kind++) Assert.Equal(whole[kind], seen.SelectMany(part => part[kind]));

        float[][] Draw(int rows, int firstRow)
        {
            var clock = new TrainingClock(seed) { Step = step, FirstRow = firstRow };
            var random = clock.Freeze().Random(3, 2);
            var (elements, samples, inPlace) = (random.NextMask(), random.NextMask(), ones(rows, tokens, width));
            elements.Apply(inPlace, 0.4);
            samples.ApplyPerSample(inPlace, 0.3);
            return
            [
                GammaDraw.PerSample(clock, 3, 2, rows, IntegrationWeight.Ratio(1, 7, 8)),
                random.Dropout(ones(rows, tokens, width), 0.4).data<float>().ToArray(),
                random.DropPath(ones(rows, tokens, width), 0.4).data<float>().ToArray(),
                inPlace.data<float>().ToArray(),
            ];
        }
    }, iter: 200);

    [Fact]
    public void A_network_computes_of_a_part_what_it_computes_of_the_whole() => Gen.Select(Parts, Gen.ULong[0, 100]).Sample((parts, seed) =>
    {
        using var scope = NewDisposeScope();
        using var model = Stacks.Spread(new VisionTransformer(Network, seed), 0.1);
        model.train();
        var images = Stacks.Normal(seed, parts.Sum(), 1, 8, 8);
        var whole = model.forward(images);
        var first = 0;
        foreach (var rows in parts)
        {
            model.Clock.FirstRow = first;
            var part = model.forward(images.narrow(0, first, rows));
            // Products over other rows round at other places, which may move a state by a step of the grid, 1/512.
            Assert.InRange((part - whole.narrow(0, first, rows)).abs().max().item<float>(), 0, 0.05f);
            first += rows;
        }

        if (parts.Length == 1) return;
        model.Clock.FirstRow = 0; // as if the last part were the first
        Assert.True((model.forward(images.narrow(0, first - parts[^1], parts[^1])) - whole.narrow(0, first - parts[^1], parts[^1]))
            .abs().max().item<float>() > 0.05f);
    }, iter: 30, threads: 1);

    [Theory]
    [InlineData(4, 3)]
    [InlineData(6, 2)]
    public void Training_on_parts_that_are_gathered_is_training_on_the_whole(int batch, int gathered)
    {
        using var whole = Train(12, 1);
        using var cut = Train(batch, gathered);
        // The mean over a batch is rounded in another order.
        foreach (var (expected, epoch) in whole.Result!.History.Zip(cut.Result!.History)) Assert.Equal(expected.TrainingLoss,
            epoch.TrainingLoss, 5e-3);

        static ImageClassifier Train(int batch, int gathered) => ImageClassifierTraining.Run(
            Network, new TrainingOptions { Epochs = 2, BatchSize = batch, AccumulationSteps = gathered, LearningRate = 1e-3, Seed = 3 },
            new ImageTrainingOptions { AugmentFlip = false, AugmentCropPadding = 0, ValidationFraction = 0 },
                new ToyImages(36), cancellation: TestContext.Current.CancellationToken);
    }

    private static VisionTransformerOptions Network => new()
    {
        ImageHeight = 8, ImageWidth = 8, Channels = 1, Classes = 2, PatchSize = 4, Width = 16, Depth = 4, Heads = 2, FeedForwardWidth = 24,
        Dropout = 0.4, StochasticDepth = 0.2, Stack = new() { Gamma = GammaSchedule.Exponent(1) },
    };
}
