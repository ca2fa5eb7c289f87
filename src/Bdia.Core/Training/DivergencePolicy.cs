namespace Bdia.Core.Training;

/// <summary>
/// What becomes of a run whose numbers leave their range: a loss or gradient that is not finite, or a state beyond what the grid holds
/// exactly.
/// </summary>
public enum DivergencePolicy
{
    /// <summary>It ends with the exception, which carries the best model so far: <see cref="TrainingFault.BestModel"/>.</summary>
    Throw,

    /// <summary>
    /// It ends with the best model so far, the reason <see cref="StopReason.Diverged"/> and a warning; with the exception where no epoch
    /// had ended.
    /// </summary>
    ReturnBest,
}
