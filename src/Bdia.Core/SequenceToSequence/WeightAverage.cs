namespace Bdia.Core.SequenceToSequence;

/// <summary>Which epochs' weights are averaged.</summary>
public enum WeightAverage
{
    /// <summary>The last ones.</summary>
    Last,

    /// <summary>Those that did best in validation.</summary>
    Best,
}
