using System.Globalization;
using Bdia.Core.Models;
using Bdia.Core.Numerics;
using Bdia.Core.Pretrained;
using Bdia.Core.Training;

namespace Bdia.Core.ImageClassification;

/// <summary>The data of a run: rows to train on, rows to validate on, and how their pixels are normalised.</summary>
/// <param name="Training">Rows to train on.</param>
/// <param name="Validation">Rows to validate on; null or empty where there are none.</param>
/// <param name="Normalization">Measured on the training rows, or given.</param>
/// <param name="Hashes">SHA-256 of what was read, by name; empty where neither a checkpoint nor another rank needs it.</param>
internal sealed record ImageData(
    ImageSubset Training, ImageSubset? Validation, PixelNormalization Normalization, IReadOnlyDictionary<string, string> Hashes)
{
    private const float LargestByte = 255;

    /// <summary>Reads all rows once, and splits them where no validation rows are given.</summary>
    public static ImageData Read(
        VisionTransformerOptions model, TrainingOptions training, ImageTrainingOptions images, IImageRows train,
            IImageRows? validation, StopSignal stop, PixelNormalization? given = null)
    {
        var shape = new ImageShape(model.Channels, model.ImageHeight, model.ImageWidth);
        var survey = Survey(train, "training", images.PixelCacheBytes);
        var held = validation is null && images.ValidationFraction != 0
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
            var left = survey.IsInMemory ? images.PixelCacheBytes - survey.Labels.Count * survey.RowBytes : 0;
            var own = Survey(validation, "validation", left);
            var without = LeaveOut(validation, own, typical);
            if (own.Hash is not null) hashes.Add($"{ValidationData}.SHA-256", own.Hash);
            validationSubset = new ImageSubset(validation, own,
                [.. Enumerable.Range(0, own.Labels.Count).Where(row => !without.Contains(row))], left);
        }

        var normalization = images.Pixels is { } pixels
            ? Stated(pixels, model.Channels, [.. kept.Select(row => survey.Extremes[row])]) : given ?? survey.TakeNormalization(kept);
        return new ImageData(subset, validationSubset, normalization, hashes)
        {
            IsGiven = images.Pixels is null && given is not null,
            Range = PixelRange.Of([.. kept.Select(row => survey.Extremes[row])]),
        };

        ImageSurvey Survey(IImageRows rows, string what, long budget) => training.Distributed is { Ranks: var ranks }
            ? ImageSurvey.OfRanks(rows, what, shape, model.Classes, budget, ranks, stop)
            : ImageSurvey.Of(rows, what, shape, model.Classes, budget, hash: training.CheckpointDirectory is not null, stop);
    }

    /// <summary>What values pixels of the training rows can have.</summary>
    public PixelRange Range { get; private init; }

    /// <summary>Whether the normalisation came with initial weights.</summary>
    private bool IsGiven { get; init; }

    /// <summary>Of <see cref="Identity"/>, what only the steps to come depend on, and how they are judged.</summary>
    public static IReadOnlyList<string> Adjustable { get; } =
    [
        .. RunIdentity.AdjustableOf(nameof(VisionTransformerOptions)),
            $"{nameof(VisionTransformerOptions)}.{nameof(VisionTransformerOptions.StochasticDepth)}",
        .. new[]
        {
            nameof(ImageTrainingOptions.AugmentCropPadding), nameof(ImageTrainingOptions.AugmentCropFill),
                nameof(ImageTrainingOptions.AugmentFlip),
            nameof(ImageTrainingOptions.AugmentPolicy), nameof(ImageTrainingOptions.RandomErasing),
                nameof(ImageTrainingOptions.CutMixAlpha), nameof(ImageTrainingOptions.MixProbability),
            nameof(ImageTrainingOptions.MixupAlpha), nameof(ImageTrainingOptions.ClassWeights), nameof(ImageTrainingOptions.LayerDecay),
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

        if (IsGiven)
            foreach (var (name, value) in RunIdentity.Flatten(nameof(PixelNormalization), Normalization)) identity.Add(name, value);
        identity.Add("TrainingData.Rows", $"{Training.Count}");
        identity.Add($"{ValidationData}.Rows", $"{Validation?.Count ?? 0}");
        foreach (var (name, value) in Hashes) identity.Add(name, value);
        return identity;
    }

    // Stated for pixels from 0 to 1; the rows have them so, or as bytes.
    private static PixelNormalization Stated(PixelStatistics pixels, int channels, IReadOnlyList<PixelExtreme> extremes)
    {
        var (least, largest) = (extremes.Min(row => row.Least), extremes.Max(row => row.Value));
        if (least < 0 || largest > LargestByte)
            throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture,
                $"Pixels of the training rows reach to {(least < 0 ? least : largest)}, and their normalisation is stated for those from "
                    + $"0 to 1 or from 0 to 255. Give them so, or have mean and deviation measured."));
        var (unit, of) = (largest <= 1 ? 1 : LargestByte, pixels.For(channels));
        return new()
        {
            Mean = [.. of.Mean.Select(mean => mean * unit)],
            StandardDeviation = [.. of.StandardDeviation.Select(deviation => deviation * unit)],
        };
    }

    private static HashSet<int> LeaveOut(IImageRows rows, ImageSurvey survey, float? typical)
    {
        var extreme = ExtremeRows.Find(survey.Extremes, typical);
        if (extreme.Count > 0)
            rows.LeaveOut(survey.Positions is not { } positions ? extreme
                : [.. extreme.Select(row => ((int)positions[row.Number], row.Reason))]);
        return [.. extreme.Select(row => row.Number)];
    }

    private static bool[] Split(IReadOnlyList<int> labels, ImageTrainingOptions images, ulong seed)
    {
        var random = RandomSequence.At(seed, RandomPurpose.Split);
        var fraction = images.ValidationFraction ?? ValidationSplit.UsualFraction(labels.Count);
        return images.StratifiedValidation ? ValidationSplit.Stratified(labels, fraction, random)
            : ValidationSplit.Random(labels.Count, fraction, random);
    }
}
