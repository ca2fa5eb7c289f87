using Bdia.Core.Distributed;
using Bdia.Core.Formats;
using Bdia.Core.ImageClassification;
using Bdia.Core.Models;
using Bdia.Core.Reversible;
using Bdia.Core.SequenceToSequence;
using Bdia.Core.TextClassification;
using Bdia.Core.TextGeneration;
using Bdia.Core.Tests.ImageClassification;
using Bdia.Core.Tests.SequenceToSequence;
using Bdia.Core.Tests.Training;
using Bdia.Core.Training;

namespace Bdia.Core.Tests.Distributed;

/// <summary>Trainings of all four kinds, shared among ranks: the same bytes, whatever their number.</summary>
public sealed class SharedTrainingTests
{
    internal static readonly TrainingOptions Images = new() { Epochs = 2, BatchSize = 16, LearningRate = 3e-3, Seed = 7, ClipNorm = 0.5 };

    internal static readonly ImageTrainingOptions Augmented = new()
    {
        AugmentFlip = true, AugmentCropPadding = 1, MixupAlpha = 0.3, RandomErasing = 0.2, ClassWeights = [1, 1.5f],
        ValidationFraction = 0.3,
    };

    internal static readonly VisionTransformerOptions Random = ImageClassifierTrainingTests.Tiny with
    {
        Dropout = 0.1, StochasticDepth = 0.1, Stack = new() { Gamma = GammaSchedule.Parse("1") },
    };

    // 61 rows to train on: three whole steps of 16, and one of 13, in which parts have 2 or 1.
    internal static byte[] TrainImages(RankGroup ranks, TrainingOptions? training = null, Action<TrainingProgress>? progress = null,
        bool shard = false)
    {
        using var classifier = ImageClassifierTraining.Run(Random,
            (training ?? Images) with { Distributed = new() { Ranks = ranks, ShardOptimizer = shard } }, Augmented, new ToyImages(87),
            progress: progress is null ? null : new Call(progress), cancellation: TestContext.Current.CancellationToken);
        return [.. Weights.Bytes(classifier.Model), .. Figures(classifier.Result!)];
    }

    private static byte[] TrainTranslator(RankGroup ranks) => TrainTranslator(ranks, training => training);

    private static byte[] TrainTranslator(RankGroup ranks, Func<TrainingOptions, TrainingOptions> change)
    {
        var training = change(TranslatorTrainingTests.Short with
        {
            LabelSmoothing = 0.1, AccumulationSteps = 2, BestBy = ModelSelection.Score, Distributed = new() { Ranks = ranks },
        });
        using var translator = TranslatorTraining.Run(TranslatorTrainingTests.Tiny with { Dropout = 0.1 }, training,
            TranslatorTrainingTests.Words with { BleuEveryEpochs = 1, AverageEpochs = 2 }, Toy.Pairs(120),
            cancellation: TestContext.Current.CancellationToken);
        return [.. Weights.Bytes(translator.Model), .. Figures(translator.Result!)];
    }

    private static byte[] TrainTextClassifier(RankGroup ranks)
    {
        using var classifier = TextClassifierTraining.Run(TextClassification.ToyTexts.Tiny with { Dropout = 0.1 },
            TextClassification.ToyTexts.Short with { BatchSize = 16, AccumulationSteps = 2, Distributed = new() { Ranks = ranks } },
            TextClassification.ToyTexts.Words with { TokenDropout = 0.1 }, new TextClassification.ToyTexts(90),
            cancellation: TestContext.Current.CancellationToken);
        return [.. Weights.Bytes(classifier.Model), .. Figures(classifier.Result!)];
    }

    private static byte[] TrainGenerator(RankGroup ranks)
    {
        using var generator = GeneratorTraining.Run(TextGeneration.ToyTexts.Model,
            TextGeneration.ToyTexts.Training(2) with { Distributed = new() { Ranks = ranks } }, TextGeneration.ToyTexts.Generation,
            TextGeneration.ToyTexts.Counting(), cancellation: TestContext.Current.CancellationToken);
        using var weights = new MemoryStream();
        generator.SaveWeights(weights);
        return [.. weights.ToArray(), .. Figures(generator.Result!)];
    }

    // Losses and figures of all epochs, to the last bit.
    private static byte[] Figures(TrainingResult result)
        => [.. result.History.SelectMany(epoch => BitConverter.GetBytes(epoch.TrainingLoss)
            .Concat(BitConverter.GetBytes(epoch.TrainingAccuracy ?? -1)).Concat(BitConverter.GetBytes(epoch.Validation?.Loss ?? -1))
            .Concat(BitConverter.GetBytes(epoch.Validation?.Score ?? -1)))];

    private static readonly Dictionary<string, Func<RankGroup, byte[]>> trainings = new()
    {
        ["images"] = ranks => TrainImages(ranks),
        ["translator"] = TrainTranslator,
        ["text classifier"] = TrainTextClassifier,
        ["generator"] = TrainGenerator,
    };

    public static TheoryData<string> Kinds => [.. trainings.Keys];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void One_two_four_and_eight_ranks_end_with_the_same_bytes(string kind)
    {
        var alone = trainings[kind](RankGroup.Alone);
        foreach (var size in (int[])[1, 2, 4, 8]) Assert.Equal(alone, OnRanks.Same(size, trainings[kind]));
    }

    [Theory]
    [InlineData(OptimizerKind.Muon, MomentFormat.Float32)]
    [InlineData(OptimizerKind.AdamW, MomentFormat.EightBits)]
    public void Ranks_that_share_the_moments_end_with_the_same_bytes(OptimizerKind optimizer, MomentFormat format)
    {
        var training = Images with { Optimizer = optimizer, MomentFormat = format };
        var alone = TrainImages(RankGroup.Alone, training);
        foreach (var size in (int[])[1, 2, 4, 8])
            Assert.Equal(alone, OnRanks.Same(size, ranks => TrainImages(ranks, training, shard: true)));
    }

    [Fact]
    public void A_translator_whose_moments_are_shared_ends_with_the_same_bytes()
        => Assert.Equal(TrainTranslator(RankGroup.Alone), OnRanks.Same(4,
            ranks => TrainTranslator(ranks, training => training with { Distributed = new() { Ranks = ranks, ShardOptimizer = true } })));

    [Theory]
    [InlineData(4, true, 2, true)]
    [InlineData(8, true, 1, false)]
    [InlineData(2, false, 4, true)]
    public void A_run_goes_on_with_moments_shared_otherwise_to_the_same_bytes(int before, bool shared, int after, bool shares)
    {
        using var folder = new TemporaryFolder();
        var training = Images with { CheckpointDirectory = folder.Path, CheckpointEverySteps = 2, MomentFormat = MomentFormat.EightBits };
        OnRanks.Try(before, ranks => TrainImages(ranks, training, shard: shared, progress: report =>
        {
            if (report.Step == 5) throw new IOException("Enough.");
        }));
        Assert.Equal(TrainImages(RankGroup.Alone, Images with { MomentFormat = MomentFormat.EightBits }),
            OnRanks.Same(after, ranks => TrainImages(ranks, training with { Resume = true }, shard: shares)));
    }

    [Fact]
    public void A_checkpoint_of_ranks_that_share_the_moments_has_the_bytes_of_one_process()
    {
        using TemporaryFolder one = new(), four = new();
        TrainImages(RankGroup.Alone, Images with { Epochs = 1, CheckpointDirectory = one.Path });
        OnRanks.Same(4, ranks => TrainImages(ranks, Images with { Epochs = 1, CheckpointDirectory = four.Path }, shard: true));
        Assert.Equal(Tensors(one.Path), Tensors(four.Path));

        // Times of day are in the header alone.
        static Dictionary<string, string> Tensors(string folder)
        {
            using var stream = File.OpenRead(Directory.GetFiles(folder, "checkpoint-*.safetensors").Order().Last());
            using var content = SafeTensors.Read(stream);
            return content.Tensors.ToDictionary(pair => pair.Key, pair => Convert.ToHexString(pair.Value.bytes));
        }
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.5)]
    public void An_optimizer_in_the_backward_pass_ends_with_the_same_bytes(double clip)
    {
        var training = Images with { ClipNorm = clip };
        var alone = TrainImages(RankGroup.Alone, training);
        foreach (var size in (int[])[1, 2, 4, 8])
            Assert.Equal(alone, OnRanks.Same(size, ranks => TrainImages(ranks, training with { OptimizerInBackward = true })));
    }

    [Fact]
    public void The_optimizer_of_a_translator_works_in_the_backward_pass_of_two_stacks()
    {
        var alone = TrainTranslator(RankGroup.Alone, training => training with { AccumulationSteps = 1 });
        Assert.Equal(alone, OnRanks.Same(4, ranks => TrainTranslator(ranks,
            training => training with { AccumulationSteps = 1, OptimizerInBackward = true })));
    }

    [Fact]
    public void Each_row_of_a_step_draws_what_it_would_in_one_batch()
    {
        // Without sums of several parts the order of additions is that of one batch: all else must be alike.
        using var whole = ImageClassifierTraining.Run(Random, Images, Augmented with { MixupAlpha = 0 }, new ToyImages(87),
            cancellation: TestContext.Current.CancellationToken);
        using var parted = ImageClassifierTraining.Run(Random, Images with { Distributed = new() { Parts = 8 } },
            Augmented with { MixupAlpha = 0 }, new ToyImages(87), cancellation: TestContext.Current.CancellationToken);
        // One step from the same weights, up to the order of additions; after it rounding may grow.
        Assert.Equal(whole.Result!.History[0].TrainingLoss, parted.Result!.History[0].TrainingLoss, 1e-3);
        Assert.Equal(whole.Result.History[0].TrainingAccuracy!.Value, parted.Result.History[0].TrainingAccuracy!.Value, 0.05);
    }

    [Fact]
    public void Rank_0_alone_reports_and_writes()
    {
        using var folder = new TemporaryFolder();
        var reports = new int[4];
        OnRanks.Same(4, ranks => TrainImages(ranks, Images with { CheckpointDirectory = folder.Path, CheckpointEverySteps = 1 },
            _ => Interlocked.Increment(ref reports[ranks.Rank])));
        Assert.Equal([0, 0, 0], reports[1..]);
        Assert.Equal(2 * 4 + 2, reports[0]);
        Assert.Equal(2, Directory.GetFiles(folder.Path, "checkpoint-*.safetensors").Length);
    }

    [Theory]
    [InlineData(4, 2)]
    [InlineData(2, 8)]
    [InlineData(1, 4)]
    [InlineData(8, 1)]
    public void A_run_goes_on_with_another_number_of_ranks_to_the_same_bytes(int before, int after)
    {
        using var folder = new TemporaryFolder();
        var training = Images with { CheckpointDirectory = folder.Path, CheckpointEverySteps = 1 };
        // In the middle of the second epoch, after the step in which ranks hear of it; only rank 0 is asked to stop, and sees the folder.
        OnRanks.Run(before, ranks =>
        {
            var steps = 0L;
            using var stopped = ImageClassifierTraining.Run(Random, Of(ranks), Augmented, new ToyImages(87),
                progress: new Call(report => steps = report.Step), stopProbe: () => steps >= 6,
                cancellation: TestContext.Current.CancellationToken);
            Assert.Equal((StopReason.Cancelled, 7), (stopped.Result!.StopReason, stopped.Result.Steps));
            return 0;
        });
        Assert.Equal(TrainImages(RankGroup.Alone),
            OnRanks.Same(after, ranks => TrainImages(ranks, Of(ranks) with { Resume = ranks.IsFirst })));

        TrainingOptions Of(RankGroup ranks) => training with
        {
            Distributed = new() { Ranks = ranks },
            CheckpointDirectory = ranks.IsFirst ? folder.Path : Path.Combine(folder.Path, "not-there"),
        };
    }

    [Fact]
    public void A_time_budget_ends_all_ranks_at_one_step()
    {
        var ends = OnRanks.Run(4, ranks =>
        {
            using var classifier = ImageClassifierTraining.Run(Random,
                Images with { Epochs = 100_000, TimeBudget = TimeSpan.FromSeconds(0.3), Distributed = new() { Ranks = ranks } }, Augmented,
                new ToyImages(87), cancellation: TestContext.Current.CancellationToken);
            return (classifier.Result!.StopReason, classifier.Result.Steps, Convert.ToHexString(Weights.Bytes(classifier.Model)));
        });
        Assert.Equal(StopReason.TimeBudget, ends[0].StopReason);
        Assert.All(ends, end => Assert.Equal(ends[0], end));
    }
}
