using Bdia.Core.ImageClassification;
using Bdia.Core.Models;
using Bdia.Core.Reversible;
using Bdia.Core.Training;
using Bdia.MLNet.Common;
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
            Stack = new BdiaStackOptions
            {
                Mode = options.Mode,
                Gamma = options.Gamma,
                FractionBits = options.FractionBits,
                Quantize = options.Quantize,
                Audit = options.Audit,
                InferenceGamma = options.InferenceGamma,
            },
        };
    }

    public static TrainingOptions Training(Options options, ulong seed) => new()
    {
        Epochs = options.Epochs,
        BatchSize = options.BatchSize,
        AccumulationSteps = options.AccumulationSteps,
        LearningRate = options.LearningRate,
        FinalLearningRateFraction = options.FinalLearningRateFraction,
        WarmupFraction = options.WarmupFraction,
        Schedule = options.LearningRateSchedule,
        WeightDecay = options.WeightDecay,
        ClipNorm = options.ClipNorm,
        LabelSmoothing = options.LabelSmoothing,
        Seed = seed,
        BestBy = options.BestBy,
        ValidateEveryEpochs = options.ValidateEveryEpochs,
        EarlyStoppingPatience = options.EarlyStoppingPatience,
        EarlyStoppingMinDelta = options.EarlyStoppingMinDelta,
        TimeBudget = options.TimeBudget,
        CheckpointDirectory = options.CheckpointDirectory,
        CheckpointEverySteps = options.CheckpointEverySteps,
        CheckpointEveryEpochs = options.CheckpointEveryEpochs,
        Resume = options.Resume,
    };

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

    /// <exception cref="ArgumentException">Some options are out of range; the message lists all of them.</exception>
    public static void Validate(Options options)
    {
        var faults = new List<string>();
        AddColumnFaults(options, faults);
        if (options.ScoringBatchSize is < 1 or > BdiaTransformer.MaxScoringBatchSize)
            faults.Add($"ScoringBatchSize is {options.ScoringBatchSize}; it must be 1..{BdiaTransformer.MaxScoringBatchSize}.");
        if (!Enum.IsDefined(options.BadImages))
            faults.Add($"BadImages is {options.BadImages}; it must be Throw or Skip.");
        if (!Enum.IsDefined(options.PixelLayout))
            faults.Add($"PixelLayout is {options.PixelLayout}; it must be Automatic, Planar or Interleaved.");
        if (DeviceChoice.Fault(options.Device) is { } device)
            faults.Add(device + ".");
        if (options.CheckpointEverySteps > 0 && options.CheckpointDirectory is null)
            faults.Add($"CheckpointEverySteps is {options.CheckpointEverySteps}, but CheckpointDirectory is null, so none would be written; give a folder.");
        Include(faults, () => ModelOfAnySize(options).Validate());
        Include(faults, () => Training(options, seed: 0).Validate());
        Include(faults, () => Images(options).Validate(options.ClassWeights?.Length ?? 2));
        if (faults.Count > 0)
            throw new ArgumentException($"The options of BdiaImageClassification cannot be used. {string.Join(" ", faults)}", nameof(options));
    }

    private static void AddColumnFaults(Options options, List<string> faults)
    {
        (string Option, string? Value)[] names =
        [
            (nameof(options.LabelColumnName), options.LabelColumnName), (nameof(options.FeatureColumnName), options.FeatureColumnName),
            (nameof(options.ScoreColumnName), options.ScoreColumnName), (nameof(options.PredictedLabelColumnName), options.PredictedLabelColumnName),
        ];
        faults.AddRange(names.Where(name => string.IsNullOrEmpty(name.Value)).Select(name => $"{name.Option} is empty; give the name of a column."));
        if (options.ScoreColumnName == options.PredictedLabelColumnName)
            faults.Add($"ScoreColumnName and PredictedLabelColumnName are both '{options.ScoreColumnName}'; they must differ.");
        if (options.FeatureColumnName == options.LabelColumnName)
            faults.Add($"FeatureColumnName and LabelColumnName are both '{options.FeatureColumnName}'; they must differ.");
    }

    // Before Fit the size of the images may be unknown; a size that suits the patches stands in for it.
    private static VisionTransformerOptions ModelOfAnySize(Options options)
    {
        const int patches = 8;
        if (!Enum.IsDefined(options.Preset))
            throw new ArgumentException($"Preset is {options.Preset}; it must be one of {string.Join(", ", Enum.GetNames<VisionTransformerPreset>())}.");
        var side = patches * Math.Max(1, options.PatchSize ?? VisionTransformerOptions.FromPreset(options.Preset, 224, 224, 3, 2).PatchSize);
        return Model(options, new ImageShape(options.Channels ?? 3, options.ImageHeight ?? side, options.ImageWidth ?? side), options.ClassWeights?.Length ?? 2);
    }

    private static void Include(List<string> faults, Action validate)
    {
        try
        {
            validate();
        }
        catch (ArgumentException fault)
        {
            faults.Add(fault.Message);
        }
    }
}
