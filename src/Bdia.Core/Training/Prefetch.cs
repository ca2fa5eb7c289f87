using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;

namespace Bdia.Core.Training;

/// <summary>Runs an enumeration on a thread of its own, a few items ahead of the one that takes them.</summary>
/// <typeparam name="T">The items; those that nobody took are disposed where they are <see cref="IDisposable"/>.</typeparam>
internal sealed class Prefetch<T> : IDisposable
{
    private readonly BlockingCollection<T> ready = [];
    private readonly SemaphoreSlim room;
    private readonly CancellationTokenSource cancel = new();
    private readonly Thread producer;
    private ExceptionDispatchInfo? fault;

    /// <summary>Starts to read.</summary>
    /// <param name="read">Opens the enumeration; called, enumerated and disposed on the other thread.</param>
    /// <param name="ahead">Items that may exist beyond the one taken last, the one in the making included; at least 1.</param>
    public Prefetch(Func<CancellationToken, IEnumerable<T>> read, int ahead)
    {
        room = new SemaphoreSlim(ahead);
        producer = new Thread(() => Produce(read)) { IsBackground = true, Name = "Bdia prefetch" };
        producer.Start();
    }

    /// <summary>Waits for the next item.</summary>
    /// <param name="stop">Ends the wait.</param>
    /// <param name="item">The item.</param>
    /// <returns>False at the end of the enumeration, or when <paramref name="stop"/> was requested first.</returns>
    /// <remarks>
    /// An exception of the enumeration is thrown here, in its place: after the items before it. Cancellation is none once a stop is
    /// requested.
    /// </remarks>
    public bool TryTake(StopSignal stop, [MaybeNullWhen(false)] out T item)
    {
        while (!ready.TryTake(out item, millisecondsTimeout: 100))
        {
            if (ready.IsCompleted)
            {
                // A source that heard of the same cancellation may end by an exception of its own: what the caller asked for is no error.
                if (fault?.SourceException is OperationCanceledException && stop.Requested) return false;
                fault?.Throw();
                return false;
            }

            if (stop.Requested) return false;
        }

        room.Release();
        return true;
    }

    /// <summary>Ends the enumeration, waits for its thread and disposes what nobody took.</summary>
    public void Dispose()
    {
        cancel.Cancel();
        producer.Join();
        while (ready.TryTake(out var item)) (item as IDisposable)?.Dispose();
        ready.Dispose();
        room.Dispose();
        cancel.Dispose();
    }

    private void Produce(Func<CancellationToken, IEnumerable<T>> read)
    {
        try
        {
            using var items = read(cancel.Token).GetEnumerator();
            while (true)
            {
                room.Wait(cancel.Token); // before the item is made: batches are large
                if (!items.MoveNext()) return;
                ready.Add(items.Current);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // There is nobody left to tell.
        }
        catch (Exception fault)
        {
            // Whatever it is belongs to the thread that takes the items: here it would end the process.
            this.fault = ExceptionDispatchInfo.Capture(fault);
        }
        finally
        {
            ready.CompleteAdding();
        }
    }
}
