namespace Bdia.Core.Training;

/// <summary>Which validation figure says that one model is better than another.</summary>
public enum ModelSelection
{
    /// <summary>
    /// Highest <see cref="ValidationResult.Accuracy"/>; of equal ones, the lowest loss. A later epoch that is behind the highest by no more
    /// than the standard error of the difference, so that chance may have put it there, is chosen where its loss is no higher.
    /// </summary>
    Accuracy,

    /// <summary>Lowest <see cref="ValidationResult.Loss"/>.</summary>
    Loss,

    /// <summary>
    /// Highest <see cref="ValidationResult.Score"/>, the task's own figure (BLEU, say); epochs without one are passed over.
    /// </summary>
    Score,
}
