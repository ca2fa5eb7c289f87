namespace Bdia.Benchmarks.Distributed;

/// <summary>A run whose steps are timed: of a vision transformer on pictures of 32 x 32 pixels in patches of 4, float32.</summary>
/// <param name="Width">Features per token.</param>
/// <param name="Depth">Blocks.</param>
/// <param name="Ranks">Processes that mpirun starts, one thread each; 1 = this one, without mpirun.</param>
/// <param name="Rows">Pictures in a step, of all ranks together.</param>
/// <param name="Parts">Parts of a step; 0 = training that is not shared.</param>
/// <param name="Copies">Such runs at one time, which know nothing of each other.</param>
/// <param name="Steps">Steps that are timed, after one that is not.</param>
/// <param name="Launch">What starts the ranks, without their number.</param>
/// <param name="Way">What each rank keeps of moments and gradients.</param>
internal sealed record DistributedSettings(int Width, int Depth, int Ranks, int Rows, int Parts, int Copies, int Steps, string Launch,
    RankWay Way = RankWay.Whole);

/// <summary>What each rank keeps of moments and gradients.</summary>
internal enum RankWay
{
    /// <summary>All of both.</summary>
    Whole,

    /// <summary>Its share of the moments.</summary>
    Sharded,

    /// <summary>Gradients of two blocks; without clipping, which would take a pass of its own.</summary>
    InBackward,
}

/// <summary>What was measured on rank 0.</summary>
/// <param name="StepSeconds">Median over the steps.</param>
/// <param name="WaitedSeconds">Of them, seconds in which rank 0 had nothing to compute and waited for others.</param>
/// <param name="ProcessorSeconds">Seconds of processors that rank 0 takes for a step, messages included.</param>
/// <param name="SentBytes">Sent in a step.</param>
/// <param name="GradientBytes">Of all gradients.</param>
/// <param name="Hash">SHA-256 of the weights, the first eight bytes.</param>
internal sealed record DistributedFigures(double StepSeconds, double WaitedSeconds, double ProcessorSeconds, long SentBytes,
    long GradientBytes, string Hash);
