using Bdia.Core.ImageClassification;
using Bdia.Core.Models;
using Bdia.Core.Training;
using Bdia.MLNet.Trainers;
using Options = Bdia.MLNet.BdiaImageClassificationTrainer.Options;

namespace Bdia.MLNet.ImageClassification;

/// <summary>The trainer's flat options as the records that the engine takes, and all their faults in one message.</summary>
internal static class OptionsMapping
{
    public static VisionTransformerOptions Model(Options options, ImageShape shape, int classes)
    {
        var preset = VisionTransformerOptions.FromPreset(options.Preset, shape.Height, shape.Width, shape.Channels, classes);
        return preset with
        {
            PatchSize = options.PatchSize ?? preset.PatchSize,
            Width = options.Width ?? preset.Width,
            Depth = options.Depth ?? preset.Depth,
            Heads = options.Heads ?? preset.Heads,
            FeedForwardWidth = options.FeedForwardWidth ?? preset.FeedForwardWidth,
            Dropout = options.Dropout ?? preset.Dropout,
            StochasticDepth = options.StochasticDepth ?? preset.StochasticDepth,
            Precision = options.Precision,
            Stack = options.Stack(),
        };
    }

    /// <summary>Side of a patch, known before the size of the images is.</summary>
    public static int PatchSize(Options options) => options.PatchSize ?? VisionTransformerOptions.FromPreset(options.Preset, 224, 224, 3, 2).PatchSize;

    public static ImageFit Fit(Options options) => new(options.Resizing, Ground.Of(options.BackgroundColor));

    public static TrainingOptions Training(Options options, ulong seed) => options.Training(seed) with { BatchSize = options.BatchSize };

    public static ImageTrainingOptions Images(Options options) => new()
    {
        AugmentCropPadding = options.AugmentCropPadding,
        AugmentCropFill = options.AugmentCropFill,
        AugmentFlip = options.AugmentFlip,
        MixupAlpha = options.MixupAlpha,
        ClassWeights = options.ClassWeights,
        ValidationFraction = options.ValidationFraction,
        StratifiedValidation = options.StratifiedValidation,
        MemoryBudgetBytes = options.MemoryBudgetBytes,
    };

    /// <returns>The options, without fault.</returns>
    /// <exception cref="ArgumentException">Some options are out of range; the message lists all of them.</exception>
    public static Options Validate(Options options)
    {
        var faults = new TrainerFaults("BdiaImageClassification");
        faults.RequireNames(
            (nameof(options.LabelColumnName), options.LabelColumnName), (nameof(options.FeatureColumnName), options.FeatureColumnName),
            (nameof(options.ScoreColumnName), options.ScoreColumnName), (nameof(options.PredictedLabelColumnName), options.PredictedLabelColumnName));
        // An output of an input's name would hide it: Evaluate would then compare the prediction with itself.
        faults.RequireDifferent(
            (nameof(options.LabelColumnName), options.LabelColumnName), (nameof(options.FeatureColumnName), options.FeatureColumnName),
            (nameof(options.ScoreColumnName), options.ScoreColumnName), (nameof(options.PredictedLabelColumnName), options.PredictedLabelColumnName));
        faults.AddSteering(options);
        if (!Enum.IsDefined(options.BadImages))
            faults.Add($"BadImages is {options.BadImages}; it must be Throw or Skip.");
        if (!Enum.IsDefined(options.Resizing))
            faults.Add($"Resizing is {options.Resizing}; it must be IsoCrop, IsoPad or Fill.");
        if (options.BackgroundColor.A != byte.MaxValue)
            faults.Add($"BackgroundColor is {options.BackgroundColor}; it must be opaque.");
        if (!Enum.IsDefined(options.PixelLayout))
            faults.Add($"PixelLayout is {options.PixelLayout}; it must be Automatic, Planar or Interleaved.");
        faults.Include(() => ModelOfAnySize(options).Validate());
        faults.Include(() => Training(options, seed: 0).Validate(options.Mode));
        faults.Include(() => Images(options).Validate(options.ClassWeights?.Length ?? 2));
        faults.ThrowIfAny();
        return options;
    }

    // Before Fit the size of the images may be unknown; a size that suits the patches stands in for it.
    private static VisionTransformerOptions ModelOfAnySize(Options options)
    {
        const int patches = 8;
        if (!Enum.IsDefined(options.Preset))
            throw new ArgumentException($"Preset is {options.Preset}; it must be one of {string.Join(", ", Enum.GetNames<VisionTransformerPreset>())}.");
        var side = patches * Math.Max(1, PatchSize(options));
        return Model(options, new ImageShape(options.Channels ?? 3, options.ImageHeight ?? side, options.ImageWidth ?? side), options.ClassWeights?.Length ?? 2);
    }
}
