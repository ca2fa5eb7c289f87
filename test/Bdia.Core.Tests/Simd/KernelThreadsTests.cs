using Bdia.Core.Simd;

namespace Bdia.Core.Tests.Simd;

public class KernelThreadsTests
{
    [Theory]
    [InlineData(0, 2)]
    [InlineData(1, 2)]
    [InlineData(2, 2)]
    [InlineData(1000, 2)]
    [InlineData(7, 1)]
    [InlineData(3, 16)]
    public void Every_piece_is_run_once(int pieces, int threads)
    {
        var runs = new int[pieces];
        KernelThreads.For(pieces, i => Interlocked.Increment(ref runs[i]), threads);
        Assert.All(runs, count => Assert.Equal(1, count));
    }

    [Theory]
    [InlineData(0, 10)]
    [InlineData(1, 10)]
    [InlineData(99, 10)]
    [InlineData(100_003, 1000)]
    public void Ranges_cover_everything_once_and_in_order(long count, long share)
    {
        var ranges = new System.Collections.Concurrent.ConcurrentBag<(long Start, long End)>();
        KernelThreads.ForRanges(count, share, (start, end) => ranges.Add((start, end)));
        var position = 0L;
        foreach (var (start, end) in ranges.Order())
        {
            Assert.Equal(position, start);
            position = end;
        }

        Assert.Equal(count, position);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_failure_reaches_the_caller(int threads)
    {
        var failure = Assert.ThrowsAny<Exception>(
            () => KernelThreads.For(8, i => throw new InvalidOperationException($"piece {i}"), threads));
        Assert.IsType<InvalidOperationException>(failure is AggregateException ? failure.InnerException : failure);
    }

    [Fact]
    public void Threads_survive_collections_and_many_calls()
    {
        var sum = 0L;
        for (var call = 0; call < 2000; call++)
        {
            KernelThreads.For(4, i => Interlocked.Add(ref sum, new byte[1000].Length + i), threads: 2);
            if (call % 100 == 0) GC.Collect();
        }

        Assert.Equal(2000 * (4 * 1000 + 6), sum);
    }
}
