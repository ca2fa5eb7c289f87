namespace Bdia.Core.Training;

/// <summary>Sums over an epoch's training batches.</summary>
internal sealed class EpochSums
{
    /// <summary>Sum of loss times weight.</summary>
    public double Loss { get; set; }

    /// <summary>Sum of weights.</summary>
    public double Weight { get; set; }

    /// <summary>Rows or tokens.</summary>
    public long Items { get; set; }

    /// <summary>Correct ones; null once a batch did not say.</summary>
    public long? Correct { get; set; } = 0;

    /// <summary>Seconds into the run at which the epoch began.</summary>
    public double StartedAt { get; set; }

    /// <summary>Learning rate of the last step.</summary>
    public double LearningRate { get; set; }

    /// <summary>Mean loss.</summary>
    public double MeanLoss() => Loss / Weight;

    /// <summary>Share of correct items, where known.</summary>
    public double? Accuracy() => Correct is { } correct && Items > 0 ? (double)correct / Items : null;

    /// <summary>Adds the sums of a step.</summary>
    public void Add(EpochSums step)
    {
        Loss += step.Loss;
        Weight += step.Weight;
        Items += step.Items;
        Correct += step.Correct;
    }
}
