using static TorchSharp.torch;

namespace Bdia.Core.Tests;

/// <summary>The number of live tensors of the whole process, for tests that run alone.</summary>
internal static class LiveTensors
{
    private const int Attempts = 3;

    /// <summary>Asserts that an action, run a second time and more often, leaves as many tensors alive as there were.</summary>
    /// <remarks>
    /// TorchSharp leaves a few handles per node to the finaliser, so these are collected first. A fall is what an earlier test had left to
    /// the collector, and could hide a leak: then it is measured again. More tensors than before are a failure at once.
    /// </remarks>
    public static void AssertKept(int times, Action action)
    {
        action();
        for (var attempt = 1; ; attempt++)
        {
            var before = Count();
            for (var i = 0; i < times; i++) action();
            var after = Count();
            if (after < before && attempt < Attempts) continue;
            Assert.Equal(before, after);
            return;
        }
    }

    private static long Count()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return Tensor.TotalCount;
    }
}
