namespace Bdia.Core.Training;

/// <summary>Times a run and tells the caller where it stands.</summary>
internal sealed class RunReport(TrainingOptions options, TrainingPlan plan, RunState state, Pace pace, RunClock clock,
    IProgress<TrainingProgress>? progress)
{
    // Asking the operating system takes longer than the smallest models' steps.
    private static readonly TimeSpan MemoryInterval = TimeSpan.FromSeconds(0.5);

    private readonly long firstStep = state.Step;
    private EpochSums step = new();
    private double norm, trainingSeconds, lastNote;
    private long items, peakBytes, sideBytes;
    private TimeSpan memoryAsked = TimeSpan.MinValue;

    /// <summary>Notes a finished step.</summary>
    public void Note(EpochSums step, double gradientNorm)
    {
        (this.step, norm) = (step, gradientNorm);
        items += step.Items;
        var now = clock.Own.TotalSeconds;
        trainingSeconds += now - lastNote;
        lastNote = now;
    }

    /// <summary>Reports the step that was noted last.</summary>
    public void Step(long sideInformationBytes)
    {
        sideBytes = Math.Max(sideBytes, sideInformationBytes);
        lastNote = clock.Own.TotalSeconds; // writing a checkpoint is no training time
        var accumulation = options.AccumulationSteps;
        var stepInEpoch = (state.BatchInEpoch + accumulation - 1) / accumulation;
        progress?.Report(Progress(state.Epoch + 1, stepInEpoch, step.MeanLoss(), step.Accuracy(), sideInformationBytes, null));
    }

    /// <summary>Reports the epoch that the state's history ends with.</summary>
    public void Epoch(long sideInformationBytes)
    {
        lastNote = clock.Own.TotalSeconds; // nor is validation
        var epoch = state.History[^1];
        progress?.Report(Progress(epoch.Epoch, plan.Steps(epoch.Epoch - 1), epoch.TrainingLoss, epoch.TrainingAccuracy,
            sideInformationBytes, epoch));
    }

    /// <summary>The result of the run as it stands.</summary>
    /// <param name="reason">Why it ended.</param>
    /// <param name="averaged">Epochs whose mean the model has; null for none.</param>
    /// <param name="average">Figures of the average, where it was validated.</param>
    public TrainingResult Result(StopReason reason, IReadOnlyList<int>? averaged, ValidationResult? average) => new()
    {
        History = [.. state.History],
        StopReason = reason,
        BestEpoch = averaged is null ? state.BestEpoch : null,
        BestValidation = averaged is null ? state.BestValidation : average,
        AveragedEpochs = averaged,
        AverageValidation = average,
        Steps = state.Step,
        ResumedAtStep = firstStep,
        SecondsTraining = clock.Elapsed.TotalSeconds,
        ItemsPerSecond = ItemsPerSecond,
        PeakResidentBytes = PeakMemory.ResidentBytes(),
        SideInformationBytes = sideBytes,
    };

    private double ItemsPerSecond => trainingSeconds > 0 ? items / trainingSeconds : 0;

    private TrainingProgress Progress(int epoch, int stepInEpoch, double loss, double? accuracy,
        long sideInformationBytes, EpochResult? completed)
    {
        if (memoryAsked == TimeSpan.MinValue || clock.Own - memoryAsked > MemoryInterval)
            (peakBytes, memoryAsked) = (PeakMemory.ResidentBytes(), clock.Own);

        var done = state.Step - firstStep;
        return new TrainingProgress
        {
            Epoch = epoch,
            Epochs = options.Epochs,
            Step = state.Step,
            StepInEpoch = stepInEpoch,
            StepsPerEpoch = plan.Steps(epoch - 1),
            TotalSteps = pace.TotalSteps,
            Loss = loss,
            Accuracy = accuracy,
            LearningRate = state.Sums.LearningRate,
            GradientNorm = norm,
            ItemsPerSecond = ItemsPerSecond,
            Elapsed = clock.Elapsed,
            Remaining = done > 0 ? clock.Own / done * (pace.TotalSteps - state.Step) : null,
            PeakResidentBytes = peakBytes,
            SideInformationBytes = sideInformationBytes,
            CompletedEpoch = completed,
        };
    }
}
