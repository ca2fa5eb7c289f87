using Bdia.Core.ImageClassification;
using Bdia.Core.Training;
using Bdia.MLNet.Trainers;
using static System.FormattableString;

namespace Bdia.MLNet.ImageClassification;

/// <summary>What a recipe sets for pictures: the one place where that stands.</summary>
/// <remarks>
/// The strong augmentation is the one with which others trained vision transformers of this size on small pictures in a hundred epochs
/// (Lee, Lee and Song, "Vision Transformer for Small-Size Datasets", 2021), with TrivialAugment in place of a learned policy; lengths are
/// ours.
/// </remarks>
/// <param name="Training">Length and regularisation.</param>
/// <param name="Images">Augmentation.</param>
/// <param name="Network">The network's sizes where it is another one than the preset's; null for the preset.</param>
/// <param name="StochasticDepth">Share of branches that is skipped in the last block.</param>
internal sealed record ImageRecipe(TrainingOptions Training, ImageTrainingOptions Images, NetworkSizes? Network, double StochasticDepth)
    : TaskRecipe(Training)
{
    private static readonly ImageTrainingOptions strong = new()
    {
        AugmentPolicy = AugmentPolicy.TrivialAugment, MixupAlpha = 0.8, CutMixAlpha = 1, MixProbability = 0.5,
    };

    /// <summary>A recipe by its name.</summary>
    public static ImageRecipe Of(Recipe recipe) => recipe switch
    {
        Recipe.Fast => new(new() { Epochs = 10, LabelSmoothing = 0.1 }, new(), null, 0),
        Recipe.Balanced => new(new() { Epochs = 40, LabelSmoothing = 0.1, EmaDecay = null }, strong, null, 0),
        Recipe.Best => new(new() { Epochs = 200, LabelSmoothing = 0.1, EmaDecay = null }, strong with { RandomErasing = 0.25 },
            new(Width: 192, Depth: 9, Heads: 6, FeedForwardWidth: 384), 0.1),
        _ => throw Unknown(recipe),
    };

    /// <inheritdoc/>
    protected override IEnumerable<string> Parts()
        => Around(Own(), Network is { } sizes ? Invariant($"width {sizes.Width}, {sizes.Depth} blocks") : null);

    private IEnumerable<string> Own()
    {
        if (Images.AugmentPolicy != AugmentPolicy.None) yield return $"{Images.AugmentPolicy}";
        if (Images.MixupAlpha > 0)
            yield return Invariant($"mixup {Images.MixupAlpha} or CutMix {Images.CutMixAlpha} for {100 * Images.MixProbability} % of ")
                + "images";
        if (Images.RandomErasing > 0) yield return Invariant($"random erasing {Images.RandomErasing}");
        if (StochasticDepth > 0) yield return Invariant($"stochastic depth {StochasticDepth}");
    }
}

/// <summary>Sizes of a network that no preset has.</summary>
internal readonly record struct NetworkSizes(int Width, int Depth, int Heads, int FeedForwardWidth);
