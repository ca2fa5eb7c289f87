using System.Globalization;

namespace Bdia.Core.Training;

/// <summary>
/// How far a run has come on its schedule, 0..1: by its steps; where these do not fit into the time budget, by those that are foreseen to,
/// so that learning rate and gamma end when the time does.
/// </summary>
/// <remarks>
/// What is foreseen follows from the time that the steps of this process took, validations and checkpoints among it. Where it changes by a
/// hundredth, the rest of the schedule is spread anew over the steps that are left: it never jumps, and a checkpoint knows where it stood.
/// A run whose steps fit is that of no budget, bit for bit.
/// </remarks>
internal sealed class Pace
{
    // Before that many steps and that share of the budget, the first ones, which take longer, would decide.
    private const int FewestSteps = 20;
    private const double LeastShare = 0.02, Change = 0.01;

    private readonly TrainingOptions options;
    private readonly RunState state;
    private readonly long plannedSteps, firstStep;
    private readonly TimeSpan startedAt;
    private readonly Action<string> tell;
    private bool isTold;

    /// <param name="options">Time budget and schedule.</param>
    /// <param name="plannedSteps">Steps of all epochs.</param>
    /// <param name="state">Where the run stands, the mark of an earlier process included.</param>
    /// <param name="elapsed">Time that the run has taken before.</param>
    /// <param name="tell">Told once, where not all steps are foreseen.</param>
    public Pace(TrainingOptions options, long plannedSteps, RunState state, TimeSpan elapsed, Action<string> tell)
    {
        (this.options, this.plannedSteps, this.state, this.tell) = (options, plannedSteps, state, tell);
        (firstStep, startedAt) = (state.Step, elapsed);
        // Without a budget from here on, what is left of the schedule is for the steps that are left.
        if (options.TimeBudget is null && state.Pace is not null) state.Pace = new(state.Step, Progress, plannedSteps);
    }

    /// <summary>Steps of the whole run, as far as can be foreseen.</summary>
    public long TotalSteps => state.Pace is { } mark ? (long)Math.Ceiling(mark.End) : plannedSteps;

    /// <summary>Share of the schedule that is done, 0..1.</summary>
    public double Progress => state.Pace is { } mark
        ? Math.Min(1, mark.Progress + (1 - mark.Progress) * ((state.Step - mark.Step) / Math.Max(1, mark.End - mark.Step)))
        : (double)state.Step / plannedSteps;

    /// <summary>The step of the schedule, among the planned ones, whose learning rate is due.</summary>
    public double Position => state.Pace is null || !LearningRate.FollowsLength(options) ? state.Step : Progress * plannedSteps;

    /// <summary>Looks ahead, after every step.</summary>
    /// <param name="elapsed">Time that the run has taken.</param>
    public void Note(TimeSpan elapsed)
    {
        if (options.TimeBudget is not { } budget) return;
        var (steps, taken) = (state.Step - firstStep, elapsed - startedAt);
        if (steps < FewestSteps || taken < LeastShare * budget) return;
        // One less than the time has room for: a last step that takes longer than the others must not be missed at the end.
        var end = Math.Min(plannedSteps, state.Step + Math.Max(0, (budget - elapsed) / (taken / steps) - 1));
        var foreseen = state.Pace?.End ?? plannedSteps;
        if (Math.Abs(end - foreseen) <= Change * Math.Max(0, foreseen - state.Step)) return;
        state.Pace = new(state.Step, Progress, end);
        if (isTold) return;
        isTold = true;
        tell(string.Create(CultureInfo.InvariantCulture,
            $"TimeBudget is {budget}: about {end:F0} steps of {plannedSteps} are foreseen, and the schedule ends with them."));
    }
}
