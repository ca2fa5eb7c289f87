using Bdia.Core.Distributed;

namespace Bdia.Core.Tests.Distributed;

/// <summary>Runs a program on several ranks of this process, each on a thread of its own.</summary>
internal static class OnRanks
{
    /// <summary>What each rank gives; where one throws, its exception in place of it.</summary>
    public static (T? Result, Exception? Fault)[] Try<T>(int size, Func<RankGroup, T> program, TimeSpan? timeout = null)
    {
        var ranks = InProcessRanks.Create(size, timeout);
        var ends = new (T?, Exception?)[size];
        var threads = ranks.Select((rank, number) => new Thread(() =>
        {
            try
            {
                ends[number] = (program(rank), null);
            }
            catch (Exception fault)
            {
                ends[number] = (default, fault);
            }
        })).ToArray();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        return ends;
    }

    /// <summary>What each rank gives; none may throw.</summary>
    public static T[] Run<T>(int size, Func<RankGroup, T> program)
        => [.. Try(size, program).Select(end => end.Fault is null ? end.Result!
            : throw new InvalidOperationException("A rank failed.", end.Fault))];

    /// <summary>What all ranks give, which must be the same.</summary>
    public static byte[] Same(int size, Func<RankGroup, byte[]> program)
    {
        var all = Run(size, program);
        Assert.All(all, each => Assert.Equal(all[0], each));
        return all[0];
    }
}
