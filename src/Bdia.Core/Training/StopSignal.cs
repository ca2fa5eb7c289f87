namespace Bdia.Core.Training;

/// <summary>One question for everything that may end a run early: the caller's token, the caller's probe, the time budget.</summary>
public sealed class StopSignal
{
    private readonly CancellationToken cancellation;
    private readonly Func<bool>? probe;
    private readonly Func<bool>? outOfTime;

    internal StopSignal(Func<bool>? probe, Func<bool>? outOfTime, CancellationToken cancellation)
        => (this.cancellation, this.probe, this.outOfTime) = (cancellation, probe, outOfTime);

    /// <summary>Why to stop; null while there is no reason. A reason once given stays.</summary>
    public StopReason? Reason { get; private set; }

    /// <summary>Whether to stop now.</summary>
    public bool Requested
    {
        get
        {
            if (Reason is null)
            {
                if (cancellation.IsCancellationRequested || probe?.Invoke() == true) Reason = StopReason.Cancelled;
                else if (outOfTime?.Invoke() == true) Reason = StopReason.TimeBudget;
            }

            return Reason is not null;
        }
    }

    /// <summary>The same question without the time.</summary>
    internal StopSignal WithoutTime() => new(probe, null, cancellation);

    /// <summary>
    /// What a run throws that was stopped before it had done a step: a network of random weights is no model, whoever asked for the end.
    /// </summary>
    internal Exception BeforeTheFirstStep(TimeSpan? budget) => Reason == StopReason.TimeBudget
        ? new TimeoutException($"TimeBudget is {budget}, and it was used up before the first step was done, so that there is no model; "
            + "give more time.")
        : new OperationCanceledException("Training was cancelled before the first step was done, so that there is no model.");

    /// <summary>Leaves by an exception that the trainer turns into a result.</summary>
    /// <exception cref="OperationCanceledException">It is time to stop.</exception>
    public void ThrowIfRequested()
    {
        if (Requested) throw new OperationCanceledException(cancellation);
    }
}
