namespace Bdia.Core.Training;

/// <summary>Why a run ended.</summary>
public enum StopReason
{
    /// <summary>All epochs are done.</summary>
    Completed,

    /// <summary>Validation made no progress for <see cref="TrainingOptions.EarlyStoppingPatience"/> validations.</summary>
    EarlyStopping,

    /// <summary>The caller asked for it.</summary>
    Cancelled,

    /// <summary><see cref="TrainingOptions.TimeBudget"/> is used up.</summary>
    TimeBudget,

    /// <summary>
    /// The numbers left their range, and <see cref="TrainingOptions.OnDivergence"/> asks for the best model so far;
    /// <see cref="TrainingResult.Fault"/> says what happened.
    /// </summary>
    Diverged,
}
