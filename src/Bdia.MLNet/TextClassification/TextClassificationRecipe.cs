using Bdia.Core.Models;
using Bdia.Core.Training;
using Bdia.MLNet.Trainers;
using static System.FormattableString;

namespace Bdia.MLNet.TextClassification;

/// <summary>What a recipe sets for texts and their classes: the one place where that stands.</summary>
/// <remarks>
/// Balanced is what the trainer does anyway, which has been measured (docs/results). Best has the dropout that gained most of what was
/// tried where single words decide, and a larger network with the learning rate that pictures have at its width.
/// </remarks>
/// <param name="Training">Length, optimizer and regularisation.</param>
/// <param name="Preset">The network's size.</param>
/// <param name="Dropout">Share of numbers that is dropped; null as in the preset.</param>
internal sealed record TextClassificationRecipe(TrainingOptions Training, TextEncoderPreset Preset, double? Dropout)
    : TaskRecipe(Training)
{
    /// <summary>A recipe by its name.</summary>
    public static TextClassificationRecipe Of(Recipe recipe)
    {
        var training = TextClassificationDefaults.Training;
        return recipe switch
        {
            Recipe.Fast => new(training with { Epochs = 10 }, TextEncoderPreset.Compact, null),
            Recipe.Balanced => new(training, TextEncoderPreset.Compact, null),
            Recipe.Best => new(training with { Epochs = 100, LearningRate = 5e-4 }, TextEncoderPreset.Small, 0.3),
            _ => throw Unknown(recipe),
        };
    }

    /// <inheritdoc/>
    protected override IEnumerable<string> Parts() => Around(Own(), $"network {Preset}");

    private IEnumerable<string> Own()
    {
        if (Dropout is { } share) yield return Invariant($"dropout {share}");
        if (Training.LearningRate is { } peak) yield return Invariant($"learning rate {peak}");
    }
}
