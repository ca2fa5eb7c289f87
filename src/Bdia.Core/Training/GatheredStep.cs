namespace Bdia.Core.Training;

/// <summary>One optimizer step while its batches are gathered.</summary>
internal sealed class GatheredStep
{
    /// <summary>Loss, weight and counts of its batches so far.</summary>
    public EpochSums Sums { get; } = new();

    /// <summary>Weight of its first batch, in which gradients are measured while they are gathered.</summary>
    public double Unit { get; set; }

    /// <summary>Rows of its batches so far.</summary>
    public long Rows { get; set; }
}
