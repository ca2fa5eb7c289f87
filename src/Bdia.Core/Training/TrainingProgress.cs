namespace Bdia.Core.Training;

/// <summary>Where a run stands. Reported after every optimizer step, and once more after every epoch.</summary>
public sealed record TrainingProgress
{
    /// <summary>The epoch, 1 for the first.</summary>
    public required int Epoch { get; init; }

    /// <summary>Epochs of the whole run.</summary>
    public required int Epochs { get; init; }

    /// <summary>Optimizer steps finished in the run.</summary>
    public required long Step { get; init; }

    /// <summary>Optimizer steps finished in this epoch.</summary>
    public required int StepInEpoch { get; init; }

    /// <summary>Optimizer steps of this epoch.</summary>
    public required int StepsPerEpoch { get; init; }

    /// <summary>Optimizer steps of the whole run.</summary>
    public required long TotalSteps { get; init; }

    /// <summary>Mean loss of this step's items; after an epoch, of the epoch's.</summary>
    public required double Loss { get; init; }

    /// <summary>
    /// Share of this step's items that the model got right, 0..1; after an epoch, of the epoch's. Null where that is not known.
    /// </summary>
    public double? Accuracy { get; init; }

    /// <summary>Learning rate of the step.</summary>
    public required double LearningRate { get; init; }

    /// <summary>Global norm of the step's gradient, before clipping.</summary>
    public double GradientNorm { get; init; }

    /// <summary>Rows or tokens trained on per second, since this process began to train, validation left out.</summary>
    public double ItemsPerSecond { get; init; }

    /// <summary>Time that the run has taken, in all processes where it was resumed.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>Time to the end of the last epoch at the present pace; null before the first step.</summary>
    public TimeSpan? Remaining { get; init; }

    /// <summary>Largest resident memory of this process so far, in bytes, as the operating system counts it.</summary>
    public long PeakResidentBytes { get; init; }

    /// <summary>Side information that the last forward pass kept to undo rounding, in bytes.</summary>
    public long SideInformationBytes { get; init; }

    /// <summary>The epoch that this report ends, validation figures included; null for the report of a step.</summary>
    public EpochResult? CompletedEpoch { get; init; }
}
