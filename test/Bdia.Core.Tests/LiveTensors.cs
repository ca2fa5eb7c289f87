using static TorchSharp.torch;

namespace Bdia.Core.Tests;

/// <summary>The number of live tensors of the whole process, for tests that run alone.</summary>
internal static class LiveTensors
{
    private const int Rounds = 10;

    /// <summary>
    /// Counts once nothing is left to collect: TorchSharp leaves a few handles per node to the finaliser, and tests before this one may have
    /// left tensors to it.
    /// </summary>
    public static long Count()
    {
        var before = -1L;
        for (var round = 0; round < Rounds && before != Tensor.TotalCount; round++)
        {
            before = Tensor.TotalCount;
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        return Tensor.TotalCount;
    }

    /// <summary>Asserts that there are no more than <paramref name="before"/>; fewer where the collector has found what another test left.</summary>
    public static void AssertNoMoreThan(long before)
    {
        var after = Count();
        Assert.True(after <= before, $"{after - before} tensors more are alive than before.");
    }
}
