namespace Bdia.Core.Training;

/// <summary>One optimizer step while its batches are gathered.</summary>
internal sealed class GatheredStep
{
    /// <summary>Loss, weight and counts of its batches so far.</summary>
    public EpochSums Sums { get; } = new();

    /// <summary>Weight in which gradients are measured while they are gathered; null until the first batch gives its own.</summary>
    public double? Unit { get; set; }

    /// <summary>Rows of its batches so far.</summary>
    public long Rows { get; set; }
}
