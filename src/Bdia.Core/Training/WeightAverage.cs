namespace Bdia.Core.Training;

/// <summary>Which epochs' weights are averaged into the model.</summary>
public enum WeightAverage
{
    /// <summary>The last ones.</summary>
    Last,

    /// <summary>Those that did best in validation, by <see cref="TrainingOptions.BestBy"/>.</summary>
    Best,
}
