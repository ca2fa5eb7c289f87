using System.Diagnostics;

namespace Bdia.Benchmarks;

/// <summary>How long calls take.</summary>
internal static class Timing
{
    /// <summary>Median seconds of a call, after one that is not timed.</summary>
    /// <param name="calls">Timed calls.</param>
    /// <param name="call">Is given its number, from 0 for the one that is not timed.</param>
    public static double MedianSeconds(int calls, Action<int> call)
    {
        var seconds = new double[calls];
        for (var i = 0; i <= calls; i++)
        {
            var watch = Stopwatch.StartNew();
            call(i);
            if (i > 0) seconds[i - 1] = watch.Elapsed.TotalSeconds;
        }

        return Statistics.Median(seconds);
    }
}
