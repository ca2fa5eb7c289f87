using System.Diagnostics;

namespace Bdia.Core.Training;

/// <summary>Times a run and tells the caller where it stands.</summary>
internal sealed class RunReport(TrainingOptions options, TrainingPlan plan, RunState state, IProgress<TrainingProgress>? progress)
{
    // Asking the operating system takes longer than the smallest models' steps.
    private static readonly TimeSpan MemoryInterval = TimeSpan.FromSeconds(0.5);

    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly double _secondsBefore = state.ElapsedSeconds;
    private readonly long _firstStep = state.Step;
    private EpochSums _step = new();
    private double _norm, _trainingSeconds, _lastNote;
    private long _items, _peakBytes, _sideBytes;
    private TimeSpan _memoryAsked = TimeSpan.MinValue;

    /// <summary>Time that the run has taken, earlier processes included.</summary>
    public TimeSpan Elapsed => TimeSpan.FromSeconds(_secondsBefore) + _watch.Elapsed;

    /// <summary>Notes a finished step.</summary>
    public void Note(EpochSums step, double gradientNorm)
    {
        (_step, _norm) = (step, gradientNorm);
        _items += step.Items;
        var now = _watch.Elapsed.TotalSeconds;
        _trainingSeconds += now - _lastNote;
        _lastNote = now;
    }

    /// <summary>Reports the step that was noted last.</summary>
    public void Step(long sideInformationBytes)
    {
        _sideBytes = Math.Max(_sideBytes, sideInformationBytes);
        _lastNote = _watch.Elapsed.TotalSeconds; // writing a checkpoint is no training time
        var accumulation = options.AccumulationSteps;
        var stepInEpoch = (state.BatchInEpoch + accumulation - 1) / accumulation;
        progress?.Report(Progress(state.Epoch + 1, stepInEpoch, _step.MeanLoss(), _step.Accuracy(), sideInformationBytes, null));
    }

    /// <summary>Reports the epoch that the state's history ends with.</summary>
    public void Epoch(long sideInformationBytes)
    {
        _lastNote = _watch.Elapsed.TotalSeconds; // nor is validation
        var epoch = state.History[^1];
        progress?.Report(Progress(epoch.Epoch, plan.Steps(epoch.Epoch - 1), epoch.TrainingLoss, epoch.TrainingAccuracy, sideInformationBytes, epoch));
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
        ResumedAtStep = _firstStep,
        SecondsTraining = Elapsed.TotalSeconds,
        ItemsPerSecond = ItemsPerSecond,
        PeakResidentBytes = PeakMemory.ResidentBytes(),
        SideInformationBytes = _sideBytes,
    };

    private double ItemsPerSecond => _trainingSeconds > 0 ? _items / _trainingSeconds : 0;

    private TrainingProgress Progress(int epoch, int stepInEpoch, double loss, double? accuracy, long sideInformationBytes, EpochResult? completed)
    {
        if (_memoryAsked == TimeSpan.MinValue || _watch.Elapsed - _memoryAsked > MemoryInterval)
            (_peakBytes, _memoryAsked) = (PeakMemory.ResidentBytes(), _watch.Elapsed);

        var done = state.Step - _firstStep;
        return new TrainingProgress
        {
            Epoch = epoch,
            Epochs = options.Epochs,
            Step = state.Step,
            StepInEpoch = stepInEpoch,
            StepsPerEpoch = plan.Steps(epoch - 1),
            TotalSteps = plan.TotalSteps,
            Loss = loss,
            Accuracy = accuracy,
            LearningRate = state.Sums.LearningRate,
            GradientNorm = _norm,
            ItemsPerSecond = ItemsPerSecond,
            Elapsed = Elapsed,
            Remaining = done > 0 ? _watch.Elapsed / done * (plan.TotalSteps - state.Step) : null,
            PeakResidentBytes = _peakBytes,
            SideInformationBytes = sideInformationBytes,
            CompletedEpoch = completed,
        };
    }
}
