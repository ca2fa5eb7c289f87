namespace Bdia.Core.Training;

/// <summary>The time that a run takes.</summary>
/// <param name="time">What tells it.</param>
/// <param name="before">Of earlier processes.</param>
internal sealed class RunClock(TimeProvider time, TimeSpan before)
{
    private readonly long start = time.GetTimestamp();

    /// <summary>Of this process.</summary>
    public TimeSpan Own => time.GetElapsedTime(start);

    /// <summary>Of all processes.</summary>
    public TimeSpan Elapsed => before + Own;
}
