namespace Bdia.Core.Training;

/// <summary>What a classifier is trained towards.</summary>
internal static class ClassTargets
{
    /// <summary>Writes the probabilities of the classes, times the weight of the row.</summary>
    /// <param name="target">One for each class.</param>
    /// <param name="label">The class.</param>
    /// <param name="weight">How much the row counts.</param>
    /// <param name="smoothing">Share of the target that is spread over all classes.</param>
    public static void Write(Span<float> target, int label, float weight, double smoothing)
    {
        target.Fill((float)(smoothing / target.Length));
        target[label] += (float)(1 - smoothing);
        foreach (ref var value in target) value *= weight;
    }

    /// <summary>Makes sure that there is something to tell apart.</summary>
    /// <param name="labels">Classes of the rows to train on.</param>
    /// <exception cref="InvalidDataException">There is no row, or they are all of one class.</exception>
    public static void RequireTwoClasses(IEnumerable<int> labels)
    {
        var classes = labels.Distinct().Take(2).ToArray();
        if (classes.Length == 0)
            throw new InvalidDataException("The training data has no usable row; give it at least one.");
        if (classes.Length < 2)
            throw new InvalidDataException(
                $"All training rows have label {classes[0]} (counted from 0); a classifier needs rows of at least two classes. Add rows "
                + "of another class.");
    }
}
