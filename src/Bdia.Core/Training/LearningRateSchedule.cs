namespace Bdia.Core.Training;

/// <summary>How the learning rate runs after the warm-up.</summary>
public enum LearningRateSchedule
{
    /// <summary>Half a cosine wave from the peak down to <see cref="TrainingOptions.FinalLearningRateFraction"/> of it.</summary>
    Cosine,

    /// <summary>
    /// peak * sqrt(warm-up steps / step), as in "Attention is all you need"; independent of the run's length where
    /// <see cref="TrainingOptions.WarmupSteps"/> are given.
    /// </summary>
    InverseSquareRoot,

    /// <summary>The peak until the end.</summary>
    Constant,
}
