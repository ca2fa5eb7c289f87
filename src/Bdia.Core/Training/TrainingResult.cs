namespace Bdia.Core.Training;

/// <summary>How a run went.</summary>
public sealed record TrainingResult
{
    /// <summary>Every epoch that was finished, in order.</summary>
    public required IReadOnlyList<EpochResult> History { get; init; }

    /// <summary>Why it ended.</summary>
    public required StopReason StopReason { get; init; }

    /// <summary>
    /// What ended the run, where it was <see cref="StopReason.Diverged"/> or an exception carries its best model; null otherwise.
    /// </summary>
    public Exception? Fault { get; init; }

    /// <summary>
    /// The epoch whose weights the model now has, 1 for the first: the best by <see cref="TrainingOptions.BestBy"/>, which of accuracies
    /// that few rows cannot tell apart need not be the highest. Null without validation: then they are the last ones. Null also where they
    /// are an average, see <see cref="AveragedEpochs"/>. Where a <see cref="Fault"/> ended a run without validation, the last whole epoch.
    /// </summary>
    public int? BestEpoch { get; init; }

    /// <summary>
    /// Whether there was something to validate on. Where there was and a run was stopped early, <see cref="BestEpoch"/> null says that
    /// nothing was validated yet.
    /// </summary>
    public bool HasValidation { get; init; }

    /// <summary>Validation figures of the model; null without validation.</summary>
    public ValidationResult? BestValidation { get; init; }

    /// <summary>The epochs whose mean the model's weights are; null where they are no average.</summary>
    public IReadOnlyList<int>? AveragedEpochs { get; init; }

    /// <summary>
    /// Validation figures of the averaged weights, whether the model has them or others were better; null where no average was validated.
    /// </summary>
    public ValidationResult? AverageValidation { get; init; }

    /// <summary>Optimizer steps done, in all processes where the run was resumed.</summary>
    public required long Steps { get; init; }

    /// <summary>The step this process began at, where it resumed a checkpoint; 0 otherwise.</summary>
    public long ResumedAtStep { get; init; }

    /// <summary>Seconds of the run, validation and checkpoints included, in all processes where it was resumed.</summary>
    public required double SecondsTraining { get; init; }

    /// <summary>Rows or tokens trained on per second in this process, validation left out.</summary>
    public double ItemsPerSecond { get; init; }

    /// <summary>Largest resident memory of this process, in bytes, as the operating system counts it.</summary>
    public long PeakResidentBytes { get; init; }

    /// <summary>Most side information that a forward pass of this process kept to undo rounding, in bytes.</summary>
    public long SideInformationBytes { get; init; }
}
