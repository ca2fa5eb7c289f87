using Bdia.Core.ImageClassification;
using Bdia.Core.Models;
using Bdia.Core.Reversible;
using Bdia.Core.Tests.Training;
using Bdia.Core.Training;
using TorchSharp;

namespace Bdia.Core.Tests.ImageClassification;

public sealed class ImageClassifierTrainingTests
{
    internal static readonly VisionTransformerOptions Tiny = new()
    {
        ImageHeight = 8, ImageWidth = 8, Channels = 1, Classes = 2, PatchSize = 4, Width = 16, Depth = 3, Heads = 2, FeedForwardWidth = 32,
    };

    private static readonly TrainingOptions Short = new() { Epochs = 3, BatchSize = 16, LearningRate = 3e-3, Seed = 7 };
    private static readonly ImageTrainingOptions Plain = new() { AugmentFlip = false, AugmentCropPadding = 0 };

    private static ImageClassifier Run(
        TrainingOptions? training = null, ImageTrainingOptions? images = null, IImageRows? train = null, IImageRows? validation = null,
        VisionTransformerOptions? model = null, Action<TrainingProgress>? progress = null, Func<bool>? probe = null)
        => ImageClassifierTraining.Run(
            model ?? Tiny, training ?? Short, images ?? Plain, train ?? new ToyImages(40), validation, progress: progress is null
                ? null : new Call(progress),
            stopProbe: probe, cancellation: TestContext.Current.CancellationToken);

    [Fact]
    public void Overfits_a_small_set()
    {
        using var classifier = Run(Short with { Epochs = 25, LearningRate = 1e-2 }, Plain with { ValidationFraction = 0, MixupAlpha = 0 },
            new ToyImages(32));
        var result = classifier.Result!;
        Assert.True(result.History[^1].TrainingAccuracy > 0.99, $"accuracy {result.History[^1].TrainingAccuracy}");
        Assert.True(result.History[^1].TrainingLoss < 0.1, $"loss {result.History[^1].TrainingLoss}");
        Assert.Null(result.BestEpoch);
        Assert.True(result.SideInformationBytes > 0);
    }

    [Fact]
    public void Generalises_with_augmentation_mixup_smoothing_and_class_weights()
    {
        var images = new ImageTrainingOptions { AugmentCropPadding = 1, AugmentFlip = true, MixupAlpha = 0.2, ClassWeights = [1, 1.5f] };
        using var classifier = Run(Short with { Epochs = 25, LearningRate = 1e-2, LabelSmoothing = 0.1 },
            images, new ToyImages(96), new ToyImages(60, seed: 9));
        Assert.True(classifier.Result!.BestValidation!.Accuracy > 0.9, $"accuracy {classifier.Result.BestValidation.Accuracy}");
    }

    [Fact]
    public void The_same_seed_gives_the_same_bits_and_another_seed_others()
    {
        using var first = Run();
        using var second = Run();
        using var third = Run(Short with { Seed = 8 });
        Assert.Equal(Weights.Bytes(first.Model), Weights.Bytes(second.Model));
        Assert.NotEqual(Weights.Bytes(first.Model), Weights.Bytes(third.Model));
    }

    [Fact]
    public void Data_beyond_the_budget_trains_to_the_same_bits_where_the_window_holds_it()
    {
        using var memory = Run(images: Plain with { ValidationFraction = 0.5 });
        // 40 rows exceed it, the 20 to train on do not
        using var streamed = Run(images: Plain with { ValidationFraction = 0.5, PixelCacheBytes = 20 * 64 });
        Assert.Equal(Weights.Bytes(memory.Model), Weights.Bytes(streamed.Model));
        Assert.Equal(memory.Result!.BestValidation, streamed.Result!.BestValidation);
    }

    [Fact]
    public void Validation_counts_every_row_of_a_last_partial_batch_once()
    {
        var rows = new ToyImages(37, seed: 4);
        using var classifier = Run(Short with { Epochs = 1, BatchSize = 10 }, validation: rows); // 10 + 10 + 10 + 7

        var validation = classifier.Result!.BestValidation!;
        var (correct, loss) = (0, 0.0);
        foreach (var row in rows.Read())
        {
            var probabilities = new float[2];
            classifier.Score(row.Pixels, 1, probabilities);
            if (probabilities[row.Label] > 0.5) correct++;
            loss -= Math.Log(probabilities[row.Label]);
        }

        Assert.Equal(37, validation.Items);
        Assert.Equal(correct / 37.0, validation.Accuracy!.Value, 12);
        Assert.Equal(loss / 37, validation.Loss, 5);
    }

    [Fact]
    public void The_best_of_all_epochs_is_what_the_classifier_scores_with()
    {
        var validation = new ToyImages(30, noise: 120, seed: 4);
        using var classifier = Run(Short with { Epochs = 8, LearningRate = 0.02 }, validation: validation,
            train: new ToyImages(40, noise: 120));
        var history = classifier.Result!.History;
        var best = history[classifier.Result.BestEpoch!.Value - 1];
        var highest = history.MaxBy(epoch => epoch.Validation!.Accuracy)!.Validation!;
        Assert.True(highest.Accuracy - best.Validation!.Accuracy <= EpochChoice.ErrorOfDifference(highest, best.Validation));
        var correct = validation.Read().Count(row =>
        {
            var probabilities = new float[2];
            classifier.Score(row.Pixels, 1, probabilities);
            return probabilities[row.Label] > 0.5;
        });
        Assert.Equal(best.Validation!.Accuracy!.Value, correct / 30.0, 12);
    }

    [Fact]
    public void A_probe_ends_training_within_a_batch_with_a_classifier()
    {
        var steps = 0;
        using var classifier = Run(Short with { Epochs = 1000 }, progress: p => steps = (int)p.Step, probe: () => steps == 5);
        Assert.Equal((StopReason.Cancelled, 5L), (classifier.Result!.StopReason, classifier.Result.Steps));
        classifier.Score(new float[64], 1, new float[2]);
    }

    [Fact]
    public void An_interrupted_run_resumes_to_the_same_bits()
    {
        var folder = Directory.CreateTempSubdirectory("bdia-images-").FullName;
        try
        {
            var images = Plain with { MixupAlpha = 0.3, AugmentCropPadding = 1, AugmentFlip = true };
            var model = Tiny with { Dropout = 0.1, StochasticDepth = 0.1 };
            var options = Short with { CheckpointDirectory = folder, CheckpointEverySteps = 1, Resume = true, AccumulationSteps = 2 };
            Assert.Throws<FormatException>(
                () => Run(options, images, model: model, progress: p => { if (p.Step == 3) throw new FormatException(); }));
            using var resumed = Run(options, images, model: model);
            using var whole = Run(Short with { AccumulationSteps = 2 }, images, model: model);
            Assert.Equal(3, resumed.Result!.ResumedAtStep);
            Assert.Equal(Weights.Bytes(whole.Model), Weights.Bytes(resumed.Model));

            Refuses("Width is 16 in the checkpoint and 32 here", () => Run(options, images, model: model with { Width = 32 }));
            Refuses("the training data have 37 usable rows here and 36 in the checkpoint",
                () => Run(options, images, model: model, train: new ToyImages(41)));
            Refuses("the training data differ", () => Run(options, images, model: model, train: new ToyImages(40, seed: 2)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        static void Refuses(string text, Action run)
            => Assert.Contains(text, Assert.Throws<CheckpointException>(run).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_checkpoint_in_which_crops_were_left_open_goes_on_with_the_padding_that_this_then_meant()
    {
        var model = Tiny;
        static IReadOnlyDictionary<string, string> Identity(VisionTransformerOptions model, int? padding)
        {
            var data = ImageData.Read(model, Short, Plain, new ToyImages(40), null, new StopSignal(null, null, default));
            return data.Identity(model, Plain with { AugmentCropPadding = padding });
        }

        Assert.Empty(RunIdentity.Differences(Identity(model, null), Identity(model, 1)));
        Assert.Empty(RunIdentity.Differences(Identity(model, 1), Identity(model, 1)));
        Assert.Single(RunIdentity.Differences(Identity(model, null), Identity(model, 0)));
        Assert.Single(RunIdentity.Differences(Identity(model, 0), Identity(model, 1)));
    }

    [Fact]
    public void One_class_alone_no_rows_and_wrong_options_are_errors()
    {
        var single = new ToyImages(20) { Change = (_, image) => image with { Label = 1 } };
        Assert.Contains("All training rows have label 1 (counted from 0)",
            Assert.Throws<InvalidDataException>(() => Run(train: single)).Message, StringComparison.Ordinal);
        Assert.Contains("training data has no usable row", Assert.Throws<InvalidDataException>(() => Run(train: new ToyImages(0))).Message,
            StringComparison.Ordinal);
        Assert.Contains("validation data has no usable row",
            Assert.Throws<InvalidDataException>(() => Run(validation: new ToyImages(0))).Message, StringComparison.Ordinal);
        Assert.Contains("ClassWeights is of length 3",
            Assert.Throws<ArgumentException>(() => Run(images: Plain with { ClassWeights = [1, 1, 1] })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_state_beyond_the_exact_range_is_reported_by_the_stack_not_by_libtorch()
    {
        var model = Tiny with { Stack = Tiny.Stack with { FractionBits = 20 } }; // exact up to magnitude 16 only
        var fault = Assert.ThrowsAny<Exception>(() => Run(Short with { LearningRate = 1, Epochs = 30, ClipNorm = 0 }, model: model));
        Assert.IsType<ReversibilityException>(fault);
    }

    [Fact]
    public void Training_leaves_the_global_generator_alone_and_no_tensor_in_the_callers_scope()
    {
        var state = torch.random.get_rng_state().bytes.ToArray();
        using var scope = torch.NewDisposeScope();
        using (Run()) Assert.Equal(0, scope.DisposablesCount);
        Assert.Equal(state, torch.random.get_rng_state().bytes.ToArray());
    }
}
