using System.Diagnostics;

namespace Bdia.Benchmarks;

/// <summary>How long calls take.</summary>
internal static class Timing
{
    /// <summary>Median seconds of a call, after at least one that is not timed.</summary>
    /// <param name="calls">Timed calls.</param>
    /// <param name="call">Is given its number, from 0 for the last one that is not timed.</param>
    /// <param name="warmUpSeconds">Calls are not timed before so many seconds have passed: short calls are compiled a second time in the
    /// meantime, by a thread that takes their place on the machine.</param>
    public static double MedianSeconds(int calls, Action<int> call, double warmUpSeconds = 0)
    {
        var warmUp = Stopwatch.StartNew();
        do call(0);
        while (warmUp.Elapsed.TotalSeconds < warmUpSeconds);
        var seconds = new double[calls];
        for (var i = 1; i <= calls; i++)
        {
            var watch = Stopwatch.StartNew();
            call(i);
            seconds[i - 1] = watch.Elapsed.TotalSeconds;
        }

        return Statistics.Median(seconds);
    }
}
