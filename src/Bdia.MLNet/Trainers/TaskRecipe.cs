using System.Globalization;
using Bdia.Core.Training;
using static System.FormattableString;

namespace Bdia.MLNet.Trainers;

/// <summary>What a recipe sets, whatever the task; each task adds what is its own, in one place.</summary>
/// <param name="Training">Length, optimizer and regularisation: the task's defaults but for what the recipe sets.</param>
internal abstract record TaskRecipe(TrainingOptions Training)
{
    /// <summary>What it sets, as part of a sentence.</summary>
    public sealed override string ToString() => string.Join(", ", Parts());

    /// <summary>What it sets, part by part: its length first, then what the task says, then the moving average.</summary>
    protected abstract IEnumerable<string> Parts();

    /// <summary>The parts that all tasks have, around those of one.</summary>
    /// <param name="own">What the task adds.</param>
    /// <param name="sizes">The network's sizes, where the recipe sets them.</param>
    protected IEnumerable<string> Around(IEnumerable<string> own, string? sizes)
    {
        yield return Invariant($"{Training.Epochs} epochs");
        if (sizes is not null) yield return sizes;
        if (Training.LabelSmoothing > 0) yield return Invariant($"label smoothing {Training.LabelSmoothing}");
        foreach (var part in own) yield return part;
        if (Training.EmaDecay is null) yield return "moving average of the weights";
    }

    /// <summary>The fault of a name that is none.</summary>
    protected static ArgumentOutOfRangeException Unknown(Recipe recipe)
        => new(nameof(recipe), recipe, "There is no such recipe; choose Fast, Balanced or Best.");

    /// <summary>A number of the log, with its thousands apart.</summary>
    protected static string Count(int number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
