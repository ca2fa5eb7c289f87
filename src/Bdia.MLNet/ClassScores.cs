using Bdia.MLNet.Columns;
using Microsoft.ML;

namespace Bdia.MLNet;

/// <summary>A class and its probability.</summary>
/// <param name="Name">The class's name.</param>
/// <param name="Probability">Its probability, 0..1.</param>
public readonly record struct ClassScore(string Name, float Probability);

/// <summary>Names of classes for what the column Score holds.</summary>
public static class ClassScores
{
    /// <summary>The names of the classes that a model tells apart, in the order of its Score.</summary>
    /// <param name="model">A fitted or loaded pipeline with one image or text classifier of this package in it.</param>
    /// <returns>The names, labels of other types as ML.NET writes them.</returns>
    /// <exception cref="InvalidOperationException">There is no such classifier in it, or it has no names of classes.</exception>
    public static IReadOnlyList<string> ClassNames(this ITransformer model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return Columns(model).Labels?.Texts ?? throw new InvalidOperationException(
            "The labels that this model was trained on had no key values, and so its classes have no names. Train it with "
                + "MapValueToKey before the trainer.");
    }

    /// <summary>The most probable classes of a row, by their names, the best first.</summary>
    /// <param name="model">The pipeline that scored the row.</param>
    /// <param name="scores">The row's Score.</param>
    /// <param name="count">How many of them, 1 or more; all where there are no more.</param>
    /// <returns>Classes and probabilities; of equal ones the first in the order of Score stands first.</returns>
    /// <exception cref="ArgumentException">There are not as many scores as classes.</exception>
    /// <exception cref="InvalidOperationException">As for <see cref="ClassNames"/>.</exception>
    public static IReadOnlyList<ClassScore> TopClasses(this ITransformer model, IReadOnlyList<float> scores, int count)
    {
        ArgumentNullException.ThrowIfNull(scores);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var names = ClassNames(model);
        if (scores.Count != names.Count)
            throw new ArgumentException($"There are {scores.Count} scores and {names.Count} classes. Give the Score of a row that this "
                + "model has scored.", nameof(scores));
        return [.. Enumerable.Range(0, names.Count).OrderByDescending(i => scores[i]).Take(count)
            .Select(i => new ClassScore(names[i], scores[i]))];
    }

    private static ClassificationColumns Columns(ITransformer model) => model.Find<BdiaImageClassificationTransformer>()?.Columns
        ?? model.Find<BdiaTextClassificationTransformer>()?.Columns ?? throw new InvalidOperationException(
            "There is no classifier of Bdia.MLNet in this pipeline. Give one that BdiaImageClassification or BdiaTextClassification made.");

    private static T? Find<T>(this ITransformer transformer) where T : BdiaTransformer => transformer as T
        ?? (transformer as IEnumerable<ITransformer>)?.Select(Find<T>).LastOrDefault(found => found is not null);
}
