using Bdia.Core.Models;
using Bdia.Core.Numerics;
using Bdia.Core.Training;

namespace Bdia.Core.ImageClassification;

/// <summary>The data of a run: rows to train on, rows to validate on, and how their pixels are normalised.</summary>
/// <param name="Training">Rows to train on.</param>
/// <param name="Validation">Rows to validate on; null or empty where there are none.</param>
/// <param name="Normalization">Measured on the training rows.</param>
/// <param name="Hashes">SHA-256 of what was read, by name; empty where no checkpoint needs it.</param>
internal sealed record ImageData(
    ImageSubset Training, ImageSubset? Validation, PixelNormalization Normalization, IReadOnlyDictionary<string, string> Hashes)
{
    /// <summary>Reads all rows once, and splits them where no validation rows are given.</summary>
    public static ImageData Read(
        VisionTransformerOptions model, TrainingOptions training, ImageTrainingOptions images, IImageRows train,
            IImageRows? validation, StopSignal stop)
    {
        var shape = new ImageShape(model.Channels, model.ImageHeight, model.ImageWidth);
        var hash = training.CheckpointDirectory is not null;
        var survey = ImageSurvey.Of(train, "training", shape, model.Classes, images.PixelCacheBytes, hash, stop);
        var held = validation is null && images.ValidationFraction > 0
            ? Split(survey.Labels, images, training.Seed)
            : new bool[survey.Labels.Count];
        var typical = ExtremeRows.Typical(survey.Extremes);
        var leftOut = LeaveOut(train, survey, typical);
        var kept = Enumerable.Range(0, held.Length).Where(row => !held[row] && !leftOut.Contains(row)).ToArray();
        ClassTargets.RequireTwoClasses(kept.Select(row => survey.Labels[row]));

        var hashes = new Dictionary<string, string>();
        if (survey.Hash is not null) hashes.Add("TrainingData.SHA-256", survey.Hash);
        var subset = new ImageSubset(train, survey, kept, images.PixelCacheBytes);
        ImageSubset? validationSubset;
        if (validation is null)
        {
            validationSubset = new ImageSubset(train, survey,
                [.. Enumerable.Range(0, held.Length).Where(row => held[row] && !leftOut.Contains(row))], images.PixelCacheBytes);
        }
        else
        {
            var left = survey.Store is null ? 0 : images.PixelCacheBytes - survey.Labels.Count * survey.RowBytes;
            var own = ImageSurvey.Of(validation, "validation", shape, model.Classes, left, hash, stop);
            var without = LeaveOut(validation, own, typical);
            if (own.Hash is not null) hashes.Add($"{ValidationData}.SHA-256", own.Hash);
            validationSubset = new ImageSubset(validation, own,
                [.. Enumerable.Range(0, own.Labels.Count).Where(row => !without.Contains(row))], left);
        }

        return new ImageData(subset, validationSubset, survey.TakeNormalization(kept), hashes);
    }

    /// <summary>Of <see cref="Identity"/>, what only the steps to come depend on, and how they are judged.</summary>
    public static IReadOnlyList<string> Adjustable { get; } =
    [
        .. RunIdentity.AdjustableOf(nameof(VisionTransformerOptions)),
            $"{nameof(VisionTransformerOptions)}.{nameof(VisionTransformerOptions.StochasticDepth)}",
        .. new[]
        {
            nameof(ImageTrainingOptions.AugmentCropPadding), nameof(ImageTrainingOptions.AugmentCropFill),
                nameof(ImageTrainingOptions.AugmentFlip),
            nameof(ImageTrainingOptions.MixupAlpha), nameof(ImageTrainingOptions.ClassWeights),
        }.Select(option => $"{nameof(ImageTrainingOptions)}.{option}"),
        ValidationData,
    ];

    /// <summary>Of <see cref="Identity"/>, what decides how a model does in validation.</summary>
    public static IReadOnlyList<string> Judgement { get; } = [.. RunIdentity.JudgementOf(nameof(VisionTransformerOptions)), ValidationData];

    private const string ValidationData = "ValidationData";

    /// <summary>What a checkpoint must have been written with to be resumed on this data.</summary>
    public IReadOnlyDictionary<string, string> Identity(VisionTransformerOptions model, ImageTrainingOptions images)
    {
        var identity = RunIdentity.Flatten(nameof(VisionTransformerOptions), model);
        foreach (var (name, value) in RunIdentity.Flatten(nameof(ImageTrainingOptions), images)) identity.Add(name, value);
        if (images.AugmentCropPadding == ImageTrainingOptions.MostCropPadding(model.ImageHeight, model.ImageWidth))
            // null was that, whatever the epochs
            identity[$"{nameof(ImageTrainingOptions)}.{nameof(ImageTrainingOptions.AugmentCropPadding)}"] += $"{RunIdentity.Or}null";
        if (Hashes.ContainsKey($"{ValidationData}.SHA-256"))
        {
            // Of no effect where validation rows are given.
            identity.Remove($"{nameof(ImageTrainingOptions)}.{nameof(images.ValidationFraction)}");
            identity.Remove($"{nameof(ImageTrainingOptions)}.{nameof(images.StratifiedValidation)}");
        }

        identity.Add("TrainingData.Rows", $"{Training.Count}");
        identity.Add($"{ValidationData}.Rows", $"{Validation?.Count ?? 0}");
        foreach (var (name, value) in Hashes) identity.Add(name, value);
        return identity;
    }

    private static HashSet<int> LeaveOut(IImageRows rows, ImageSurvey survey, float? typical)
    {
        var extreme = ExtremeRows.Find(survey.Extremes, typical);
        if (extreme.Count > 0)
            rows.LeaveOut(extreme);
        return [.. extreme.Select(row => row.Number)];
    }

    private static bool[] Split(IReadOnlyList<int> labels, ImageTrainingOptions images, ulong seed)
    {
        var random = RandomSequence.At(seed, RandomPurpose.Split);
        return images.StratifiedValidation
            ? ValidationSplit.Stratified(labels, images.ValidationFraction, random)
            : ValidationSplit.Random(labels.Count, images.ValidationFraction, random);
    }
}
