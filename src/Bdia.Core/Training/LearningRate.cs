namespace Bdia.Core.Training;

/// <summary>The learning rate as a function of the optimizer step: a linear warm-up, then the chosen schedule.</summary>
internal readonly struct LearningRate
{
    private readonly TrainingOptions options;
    private readonly long totalSteps;

    /// <summary>The schedule of a run.</summary>
    /// <param name="options">Peak, warm-up and schedule.</param>
    /// <param name="totalSteps">Optimizer steps of the whole run.</param>
    public LearningRate(TrainingOptions options, long totalSteps)
    {
        (this.options, this.totalSteps) = (options, totalSteps);
        WarmupSteps = options.WarmupSteps > 0
            ? options.WarmupSteps
            : (long)Math.Round(options.WarmupFraction * totalSteps, MidpointRounding.AwayFromZero);
    }

    /// <summary>Whether a part of the schedule is a share of the run, and so has to know how long that is.</summary>
    public static bool FollowsLength(TrainingOptions options)
        => options.LearningRateSchedule == LearningRateSchedule.Cosine || options is { WarmupSteps: 0, WarmupFraction: > 0 };

    /// <summary>Steps until the peak is reached; 0 = the run starts at the peak.</summary>
    public long WarmupSteps { get; }

    /// <summary>The rate of one step.</summary>
    /// <param name="step">Steps finished before it, 0 for the first; a fraction where the schedule is passed at another pace.</param>
    public double At(double step)
    {
        var peak = options.PeakLearningRate;
        if (step < WarmupSteps) return peak * (step + 1) / WarmupSteps;
        switch (options.LearningRateSchedule)
        {
            case LearningRateSchedule.Cosine:
                var floor = peak * options.FinalLearningRateFraction;
                var done = Math.Min(1.0, (step - WarmupSteps) / Math.Max(1, totalSteps - WarmupSteps));
                return floor + (peak - floor) * 0.5 * (1 + Math.Cos(Math.PI * done));
            case LearningRateSchedule.InverseSquareRoot:
                return peak * Math.Sqrt(Math.Max(1, WarmupSteps) / (step + 1));
            default:
                return peak;
        }
    }
}
