using System.Collections;
using System.Reflection;
using System.Text.Json;
using Bdia.Core.ImageClassification;
using Bdia.Core.Models;
using Bdia.Core.Reversible;
using Bdia.Core.Training;
using Bdia.MLNet.ImageClassification;
using Bdia.MLNet.Tests.Support;
using System.Drawing;
using Microsoft.ML;
using Microsoft.ML.Transforms.Image;
using Options = Bdia.MLNet.BdiaImageClassificationTrainer.Options;

namespace Bdia.MLNet.Tests.ImageClassification;

public class OptionsTests
{
    // Options that steer the trainer itself and not the engine; each has a test of its own elsewhere.
    private static readonly string[] steering =
    [
        nameof(Options.LabelColumnName), nameof(Options.FeatureColumnName), nameof(Options.ScoreColumnName),
            nameof(Options.PredictedLabelColumnName),
        nameof(Options.ValidationSet), nameof(Options.BadImages), nameof(Options.PixelLayout),
            nameof(Options.CancellationToken), nameof(Options.Resizing), nameof(Options.BackgroundColor),
        nameof(Options.Progress), nameof(Options.ScoringBatchSize), nameof(Options.Device), nameof(Options.Seed),
            nameof(Options.InitialWeights),
    ];

    public static IEnumerable<TheoryDataRow<string>> EngineOptions()
        => typeof(Options).GetFields().Select(field => field.Name).Except(steering)
        .Except([nameof(Options.ImageHeight), nameof(Options.ImageWidth), nameof(Options.Channels)])
            .Select(name => new TheoryDataRow<string>(name));

    private static string Engine(Options options) => JsonSerializer.Serialize(new
    {
        Model = OptionsMapping.Model(options, new ImageShape(3, 32, 32), 3),
        OptionsMapping.Model(options, new ImageShape(3, 32, 32), 3).Stack.KeptBlocks, // no part of a saved model
        Training = OptionsMapping.Training(options, 1),
        Images = OptionsMapping.Images(options),
    });

    [Theory]
    [MemberData(nameof(EngineOptions))]
    public void Every_option_reaches_the_engine(string name)
    {
        var field = typeof(Options).GetField(name)!;
        var changed = new Options();
        field.SetValue(changed, OtherValue.Of(field.FieldType, field.GetValue(changed)));

        Assert.NotEqual(Engine(new Options()), Engine(changed));
    }

    [Fact]
    public void Defaults_are_those_of_the_engine()
    {
        var training = OptionsMapping.Training(new Options(), new TrainingOptions().Seed);

        Assert.Equal(JsonSerializer.Serialize(new TrainingOptions()), JsonSerializer.Serialize(training));
        Assert.Equal(JsonSerializer.Serialize(VisionTransformerOptions.FromPreset(VisionTransformerPreset.Compact, 32, 32, 3, 10)),
            JsonSerializer.Serialize(OptionsMapping.Model(new Options(), new ImageShape(3, 32, 32), 10)));
    }

    [Fact]
    public void A_copy_has_every_value()
    {
        var options = new Options();
        foreach (var field in typeof(Options).GetFields().Where(field => !steering.Contains(field.Name)))
            field.SetValue(options, OtherValue.Of(field.FieldType, field.GetValue(options)));
        var copy = options.Copy();

        foreach (var field in typeof(Options).GetFields())
            Assert.Equal(field.GetValue(options), field.GetValue(copy), (a, b) => a is IEnumerable x
                && b is IEnumerable y ? x.Cast<object>().SequenceEqual(y.Cast<object>()) : Equals(a, b));
        Assert.NotSame(options.ClassWeights, copy.ClassWeights);
    }

    [Fact]
    public void All_faults_stand_in_one_message_and_are_told_when_the_trainer_is_made()
    {
        var options = new Options
        {
            LabelColumnName = "", ScoreColumnName = "Features", PredictedLabelColumnName = "Features",
                ScoringBatchSize = 0, Device = "gpu", BadImages = (BadImagePolicy)9,
            Width = 30, Heads = 4, Depth = 0, FractionBits = 99, Epochs = 0, LearningRate = -1, ValidationFraction = 2,
                MixupAlpha = -1, Resume = true, CheckpointEverySteps = 3,
            ImageHeight = 30, ImageWidth = 32, PatchSize = 4, ClassWeights = [1, -1],
                Resizing = (ImageResizingEstimator.ResizingKind)9, BackgroundColor = Color.Transparent,
        };

        var error = Assert.Throws<ArgumentException>(
            () => new MLContext().MulticlassClassification.Trainers.BdiaImageClassification(options));

        foreach (var name in new[]
        {
            "LabelColumnName", "FeatureColumnName and ScoreColumnName are both 'Features'",
                "ScoreColumnName and PredictedLabelColumnName are both", "ScoringBatchSize is 0",
                "CheckpointEverySteps is 3", "Device is 'gpu'", "BadImages is 9", "Width is 30", "Depth is 0", "FractionBits is 99",
            "Epochs is 0", "LearningRate is -1", "ValidationFraction is 2", "MixupAlpha is -1", "Resume",
                "32 pixels wide and 30 high", "ClassWeights[1]", "Resizing is 9", "BackgroundColor is Color [Transparent]",
        })
            Assert.Contains(name, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_optimizer_cannot_work_within_the_backward_pass_where_gradients_come_all_at_once_or_are_gathered()
    {
        var options = new Options { OptimizerInBackward = true, Mode = BackpropagationMode.StoreActivations, AccumulationSteps = 2 };
        var error = Assert.Throws<ArgumentException>(() => OptionsMapping.Validate(options));
        Assert.Contains("false where Mode is StoreActivations", error.Message, StringComparison.Ordinal);
        Assert.Contains("false where AccumulationSteps is 2", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Label", "Features", "Score", "Label")]
    [InlineData("Label", "Features", "Label", "PredictedLabel")]
    [InlineData("Label", "Features", "Features", "PredictedLabel")]
    [InlineData("Label", "Features", "Score", "Features")]
    [InlineData("A", "A", "Score", "PredictedLabel")]
    [InlineData("Label", "Features", "B", "B")]
    public void An_output_that_would_hide_an_input_is_refused(string label, string features, string score, string predicted)
        => Assert.Contains("they must differ",
            Assert.Throws<ArgumentException>(
            () => new MLContext().MulticlassClassification.Trainers.BdiaImageClassification(label, features, score, predicted)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Every_public_field_has_a_default_that_is_valid() => OptionsMapping.Validate(new Options());

    [Fact]
    public void Class_weights_of_another_number_than_the_classes_are_refused()
    {
        var context = new MLContext(1);
        var options = ImageRows.Options();
        options.ClassWeights = [1, 2];

        var error = Assert.Throws<ArgumentException>(
            () => context.MulticlassClassification.Trainers.BdiaImageClassification(options)
            .Fit(ImageRows.Labelled(context, ImageRows.Of(12))));

        Assert.Contains("ClassWeights", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("cpu")]
    public void The_CPU_is_a_device(string? device)
    {
        var options = new Options { Device = device };

        OptionsMapping.Validate(options);
        Assert.Equal("cpu", Bdia.MLNet.Trainers.DeviceChoice.Resolve(new MLContext(), device).ToString());
    }

    [Fact]
    public void A_GPU_that_is_not_there_is_an_error_or_the_CPU_where_the_context_allows_it()
    {
        if (TorchSharp.torch.cuda.is_available())
            Assert.Skip("This machine has a GPU.");
        var context = new MLContext { GpuDeviceId = 0, FallbackToCpu = false };

        Assert.Contains("GPU 0", Assert.Throws<InvalidOperationException>(
            () => Bdia.MLNet.Trainers.DeviceChoice.Resolve(context, null)).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => Bdia.MLNet.Trainers.DeviceChoice.Resolve(new MLContext(), "cuda:1"));
        context.FallbackToCpu = true;
        Assert.Equal("cpu", Bdia.MLNet.Trainers.DeviceChoice.Resolve(context, null).ToString());
    }
}
