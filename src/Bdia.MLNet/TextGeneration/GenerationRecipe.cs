using Bdia.Core.Models;
using Bdia.Core.Training;
using Bdia.MLNet.Trainers;
using static System.FormattableString;

namespace Bdia.MLNet.TextGeneration;

/// <summary>What a recipe sets for texts to be gone on with: the one place where that stands.</summary>
/// <remarks>
/// Dropout of 0.1, the preset's, was the best of what was tried on little text in 28 and 40 epochs (docs/results). Best has the depth,
/// dropout and number of passes with which others train on the million characters of tiny-shakespeare (nanoGPT), at two thirds of the
/// width, since two cores are to do it in hours.
/// </remarks>
/// <param name="Training">Length, optimizer and regularisation.</param>
/// <param name="Preset">The network's size.</param>
/// <param name="Dropout">Share of numbers that is dropped; null as in the preset.</param>
internal sealed record GenerationRecipe(TrainingOptions Training, LanguageModelPreset Preset, double? Dropout) : TaskRecipe(Training)
{
    /// <summary>A recipe by its name.</summary>
    public static GenerationRecipe Of(Recipe recipe)
    {
        var training = GenerationDefaults.Training;
        return recipe switch
        {
            Recipe.Fast => new(training with { Epochs = 8 }, LanguageModelPreset.Compact, null),
            Recipe.Balanced => new(training with { Epochs = 30, EmaDecay = null }, LanguageModelPreset.Compact, null),
            Recipe.Best => new(training with { Epochs = 80, EmaDecay = null }, LanguageModelPreset.Small, 0.2),
            _ => throw Unknown(recipe),
        };
    }

    /// <inheritdoc/>
    protected override IEnumerable<string> Parts() => Around(Own(), $"network {Preset}");

    private IEnumerable<string> Own()
    {
        if (Dropout is { } share) yield return Invariant($"dropout {share}");
    }
}
