using Bdia.Benchmarks.Training;

namespace Bdia.Benchmarks.Growth;

/// <summary>What one more block adds to the resident peak, by a straight line through contenders that differ in depth alone.</summary>
internal sealed class GrowthSummary
{
    private readonly TrainingSummary[] depths;
    private readonly (double Slope, double LargestResidual) overIdle;

    /// <param name="depths">At least two depths.</param>
    public GrowthSummary(IEnumerable<TrainingSummary> depths)
    {
        this.depths = [.. depths.OrderBy(d => d.Settings.Depth)];
        overIdle = Line(d => d.OverIdleBytes);
    }

    /// <summary>The settings of the shallowest.</summary>
    public TrainingSettings Settings => depths[0].Settings;

    public IReadOnlyList<TrainingSummary> Depths => depths;

    /// <summary>B * N * D.</summary>
    public long StateElements => (long)Settings.Batch * Settings.Tokens() * Settings.Width;

    /// <summary>What a block adds to the process before the first step: weights, gradients, both moments, and their objects.</summary>
    public double IdleBytesPerBlock => Line(d => d.IdleBytes).Slope;

    /// <summary>What a block adds to the peak beyond that.</summary>
    public double BytesPerBlock => overIdle.Slope;

    public double BitsPerElement => 8 * BytesPerBlock / StateElements;

    /// <summary>What is kept on purpose.</summary>
    public double SideInformationBitsPerElement => 8 * Line(d => d.SideInformationBytes).Slope / StateElements;

    /// <summary>How far the furthest depth lies off the line.</summary>
    public double LargestResidualBytes => overIdle.LargestResidual;

    private (double Slope, double LargestResidual) Line(Func<TrainingSummary, double> bytes)
        => Statistics.Line([.. depths.Select(d => ((double)d.Settings.Depth, bytes(d)))]);
}
