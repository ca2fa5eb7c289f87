namespace Bdia.Core.Training;

/// <summary>Sums of a validation, so that every row counts the same whatever batch it falls into.</summary>
public sealed class ValidationTotals
{
    private double loss;
    private long items;
    private long correct;

    /// <summary>Adds a batch.</summary>
    /// <param name="lossSum">Sum, not mean, of the losses of its items.</param>
    /// <param name="items">Number of items.</param>
    /// <param name="correct">How many of them the model got right.</param>
    public void Add(double lossSum, long items, long correct)
    {
        loss += lossSum;
        this.items += items;
        this.correct += correct;
    }

    /// <summary>The figures over everything added.</summary>
    /// <param name="score">The task's own figure, if any.</param>
    /// <returns>Mean loss, accuracy and number of items.</returns>
    /// <exception cref="InvalidOperationException">Nothing was added.</exception>
    public ValidationResult ToResult(double? score = null) => items > 0
        ? new ValidationResult(loss / items, items, (double)correct / items, score)
        : throw new InvalidOperationException("The validation saw no rows; give it at least one.");
}
