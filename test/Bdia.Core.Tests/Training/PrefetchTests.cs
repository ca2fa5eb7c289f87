using Bdia.Core.Training;

namespace Bdia.Core.Tests.Training;

public sealed class PrefetchTests
{
    private static readonly StopSignal Never = new(null, null, default);

    private sealed class Item(int number) : IDisposable
    {
        public int Number => number;

        public bool Disposed { get; private set; }

        public void Dispose() => Disposed = true;
    }

    [Fact]
    public void Items_come_in_order_from_another_thread()
    {
        var thread = Environment.CurrentManagedThreadId;
        using var prefetch = new Prefetch<(int Number,
            int Thread)>(_ => Enumerable.Range(0, 50).Select(i => (i, Environment.CurrentManagedThreadId)), 3);
        for (var i = 0; i < 50; i++)
        {
            Assert.True(prefetch.TryTake(Never, out var item));
            Assert.Equal(i, item.Number);
            Assert.NotEqual(thread, item.Thread);
        }

        Assert.False(prefetch.TryTake(Never, out _));
        Assert.False(prefetch.TryTake(Never, out _));
    }

    [Fact]
    public void An_exception_arrives_after_the_items_before_it_with_its_own_stack()
    {
        using var prefetch = new Prefetch<int>(_ => Failing(), 5);
        Assert.True(prefetch.TryTake(Never, out _));
        Assert.True(prefetch.TryTake(Never, out var second));
        Assert.Equal(1, second);
        var fault = Assert.Throws<InvalidDataException>(() => prefetch.TryTake(Never, out _));
        Assert.Equal("row 2", fault.Message);
        Assert.Contains(nameof(Failing), fault.StackTrace!, StringComparison.Ordinal);

        static IEnumerable<int> Failing()
        {
            yield return 0;
            yield return 1;
            throw new InvalidDataException("row 2");
        }
    }

    [Fact]
    public void No_more_than_the_bound_is_read_ahead_and_leftovers_are_disposed()
    {
        var made = new List<Item>();
        var closed = false;
        var prefetch = new Prefetch<Item>(_ => Endless(), 2);
        Assert.True(prefetch.TryTake(Never, out var taken));
        Assert.True(SpinWait.SpinUntil(() => made.Count == 3, 10_000));
        Thread.Sleep(20);
        prefetch.Dispose();

        Assert.Equal(3, made.Count); // the one taken and two ahead
        Assert.False(taken.Disposed);
        Assert.All(made.Skip(1), item => Assert.True(item.Disposed));
        Assert.True(closed);

        IEnumerable<Item> Endless()
        {
            try
            {
                for (var i = 0; ; i++)
                {
                    made.Add(new Item(i));
                    yield return made[^1];
                }
            }
            finally
            {
                closed = true;
            }
        }
    }

    [Fact]
    public void A_source_that_ends_by_the_same_cancellation_counts_as_stopped()
    {
        using var prefetch = new Prefetch<int>(_ => Cancelled(), 1);
        Assert.False(prefetch.TryTake(new StopSignal(() => true, null, default), out _));
        Assert.Throws<OperationCanceledException>(() => prefetch.TryTake(Never, out _)); // of its own accord, it is an error

        static IEnumerable<int> Cancelled() => throw new OperationCanceledException();
    }

    [Fact]
    public void Waiting_for_a_slow_source_ends_when_a_stop_is_requested()
    {
        using var prefetch = new Prefetch<int>(Slow, 1);
        var stop = new StopSignal(() => true, null, default);
        Assert.False(prefetch.TryTake(stop, out _));
        Assert.Equal(StopReason.Cancelled, stop.Reason);

        static IEnumerable<int> Slow(CancellationToken cancellation)
        {
            cancellation.WaitHandle.WaitOne();
            cancellation.ThrowIfCancellationRequested();
            yield return 0;
        }
    }
}
