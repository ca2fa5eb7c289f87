using Bdia.Core.Common;
using Bdia.Core.ImageClassification;
using Bdia.Core.Models;
using Bdia.Core.Pretrained;
using Bdia.Core.Training;
using Bdia.MLNet.Trainers;
using Options = Bdia.MLNet.BdiaImageClassificationTrainer.Options;

namespace Bdia.MLNet.ImageClassification;

/// <summary>The trainer's flat options as the records that the engine takes, and all their faults in one message.</summary>
internal static class OptionsMapping
{
    /// <param name="options">The options.</param>
    /// <param name="shape">Size of the images.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="initial">The network of initial weights; null where a preset tells.</param>
    public static VisionTransformerOptions Model(Options options, ImageShape shape, int classes, VisionTransformerOptions? initial = null)
    {
        var network = initial is null
            ? VisionTransformerOptions.FromPreset(options.Preset, shape.Height, shape.Width, shape.Channels, classes)
            : initial with { ImageHeight = shape.Height, ImageWidth = shape.Width, Channels = shape.Channels, Classes = classes };
        return OptionRecords.Fill(options, network) with { Stack = options.Stack(initial?.Stack.FractionBits) };
    }

    /// <summary>Side of a patch, before the size of the images is known: the preset's own, which it has for images of 128 pixels.</summary>
    public static int PatchSize(Options options, VisionTransformerOptions? initial = null)
        => initial?.PatchSize ?? options.PatchSize ?? VisionTransformerOptions.FromPreset(options.Preset, 128, 128, 3, 2).PatchSize;

    public static ImageFit Fit(Options options) => new(options.Resizing, Ground.Of(options.BackgroundColor));

    public static TrainingOptions Training(Options options, ulong seed) => options.Training(seed);

    /// <param name="options">The options.</param>
    /// <param name="expected">How initial weights expect pixels; null where nothing is known.</param>
    public static ImageTrainingOptions Images(Options options, PixelStatistics? expected = null)
        => OptionRecords.Fill(options, new ImageTrainingOptions
        {
            Pixels = options.Normalizing.Statistics(expected), ChoosesGamma = options.Gamma is null,
        });

    /// <returns>The options, without fault.</returns>
    /// <exception cref="ArgumentException">Some options are out of range; the message lists all of them.</exception>
    public static Options Validate(Options options)
    {
        var faults = new OptionFaults();
        faults.RequireNames(
            (nameof(options.LabelColumnName), options.LabelColumnName), (nameof(options.FeatureColumnName), options.FeatureColumnName),
            (nameof(options.ScoreColumnName), options.ScoreColumnName),
                (nameof(options.PredictedLabelColumnName), options.PredictedLabelColumnName));
        // An output of an input's name would hide it: Evaluate would then compare the prediction with itself.
        faults.RequireDifferent(
            (nameof(options.LabelColumnName), options.LabelColumnName), (nameof(options.FeatureColumnName), options.FeatureColumnName),
            (nameof(options.ScoreColumnName), options.ScoreColumnName),
                (nameof(options.PredictedLabelColumnName), options.PredictedLabelColumnName));
        faults.RequireSteering(options);
        faults.RequireDefined(nameof(options.BadImages), options.BadImages);
        faults.RequireDefined(nameof(options.Resizing), options.Resizing);
        faults.Require(options.BackgroundColor.A == byte.MaxValue, nameof(options.BackgroundColor), options.BackgroundColor, "opaque");
        faults.RequireDefined(nameof(options.PixelLayout), options.PixelLayout);
        faults.RequireDefined(nameof(options.Preset), options.Preset);
        faults.RequireDefined(nameof(options.Normalizing), options.Normalizing);
        using var initial = Initial(options, faults);
        if (Enum.IsDefined(options.Preset))
            ModelOfAnySize(options, initial?.Weights.Options).Check(faults);
        Training(options, seed: 0).Check(faults, options.Mode);
        Images(options).Check(faults, options.ClassWeights?.Length ?? 2);
        faults.ThrowIfAny("The options of BdiaImageClassification");
        return options;
    }

    private static InitialNetwork? Initial(Options options, OptionFaults faults)
        => options.InitialWeights?.Early(faults, opened => opened.Check(options, faults), () => InitialNetwork.Open(options));

    // Before Fit the size of the images may be unknown; a size that suits the patches stands in for it, or the side that is known.
    private static VisionTransformerOptions ModelOfAnySize(Options options, VisionTransformerOptions? initial)
    {
        const int patches = 8;
        var side = patches * Math.Max(1, PatchSize(options, initial));
        return Model(options, new ImageShape(options.Channels ?? initial?.Channels ?? 3, options.ImageHeight ?? options.ImageWidth
            ?? side, options.ImageWidth ?? options.ImageHeight ?? side), options.ClassWeights?.Length ?? 2, initial);
    }
}
