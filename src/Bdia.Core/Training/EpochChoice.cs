namespace Bdia.Core.Training;

/// <summary>Which of two epochs is kept: the rule behind <see cref="ModelSelection"/>.</summary>
/// <remarks>
/// Accuracy on few rows is coarse: of 480 rows, one epoch is ahead of another by two for no reason. So an accuracy counts as behind the
/// highest only where it is so by more than the standard error of the difference of two shares. (The rows are the same, which makes the
/// true error smaller, about half where a tenth of the rows change sides; but the highest of many epochs is ahead by more than one of
/// those by chance.) Within it the loss decides, which moves with every row: a later epoch is kept where its loss is no higher. Where a
/// network has begun to learn its rows by heart, the loss rises, and a later epoch has to be ahead in accuracy. All epochs are held
/// against the highest accuracy so far, not against the one that is kept: many small steps down cannot add up. Losses and scores, whose
/// errors their means do not tell, are compared as they are.
/// </remarks>
internal static class EpochChoice
{
    /// <summary>Whether a validation has a higher figure than another one; of equal figures, the lower loss.</summary>
    public static bool IsAhead(ValidationResult validation, ValidationResult of, ModelSelection by)
        => validation.Figure(by) is { } figure
            && (figure, -validation.Loss).CompareTo((of.Figure(by) ?? double.NegativeInfinity, -of.Loss)) > 0;

    /// <summary>Whether a later epoch is kept in place of an earlier one.</summary>
    /// <param name="later">Its validation.</param>
    /// <param name="kept">That of the epoch that is kept so far.</param>
    /// <param name="highest">The one with the highest figure so far, the kept one's or another.</param>
    /// <param name="by">Which figure counts.</param>
    public static bool TakesItsPlace(ValidationResult later, ValidationResult kept, ValidationResult highest, ModelSelection by)
        => IsAhead(later, highest, by) || (by == ModelSelection.Accuracy && later.Loss <= kept.Loss
            && later.Accuracy is { } share && highest.Accuracy is { } most && most - share <= ErrorOfDifference(later, highest));

    /// <summary>The standard error of the difference of two accuracies, as if each had rows of its own.</summary>
    public static double ErrorOfDifference(ValidationResult one, ValidationResult other) => Math.Sqrt(Variance(one) + Variance(other));

    private static double Variance(ValidationResult validation)
        => validation.Accuracy is { } share ? share * (1 - share) / Math.Max(1, validation.Items) : 0;
}
