using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;

namespace Bdia.Core.Training;

/// <summary>Runs an enumeration on a thread of its own, a few items ahead of the one that takes them.</summary>
/// <typeparam name="T">The items; those that nobody took are disposed where they are <see cref="IDisposable"/>.</typeparam>
internal sealed class Prefetch<T> : IDisposable
{
    private readonly BlockingCollection<T> _ready = [];
    private readonly SemaphoreSlim _room;
    private readonly CancellationTokenSource _cancel = new();
    private readonly Thread _producer;
    private ExceptionDispatchInfo? _fault;

    /// <summary>Starts to read.</summary>
    /// <param name="read">Opens the enumeration; called, enumerated and disposed on the other thread.</param>
    /// <param name="ahead">Items that may exist beyond the one taken last, the one in the making included; at least 1.</param>
    public Prefetch(Func<CancellationToken, IEnumerable<T>> read, int ahead)
    {
        _room = new SemaphoreSlim(ahead);
        _producer = new Thread(() => Produce(read)) { IsBackground = true, Name = "Bdia prefetch" };
        _producer.Start();
    }

    /// <summary>Waits for the next item.</summary>
    /// <param name="stop">Ends the wait.</param>
    /// <param name="item">The item.</param>
    /// <returns>False at the end of the enumeration, or when <paramref name="stop"/> was requested first.</returns>
    /// <remarks>An exception of the enumeration is thrown here, in its place: after the items before it. Cancellation is none once a stop is requested.</remarks>
    public bool TryTake(StopSignal stop, [MaybeNullWhen(false)] out T item)
    {
        while (!_ready.TryTake(out item, millisecondsTimeout: 100))
        {
            if (_ready.IsCompleted)
            {
                // A source that heard of the same cancellation may end by an exception of its own: what the caller asked for is no error.
                if (_fault?.SourceException is OperationCanceledException && stop.Requested) return false;
                _fault?.Throw();
                return false;
            }

            if (stop.Requested) return false;
        }

        _room.Release();
        return true;
    }

    /// <summary>Ends the enumeration, waits for its thread and disposes what nobody took.</summary>
    public void Dispose()
    {
        _cancel.Cancel();
        _producer.Join();
        while (_ready.TryTake(out var item)) (item as IDisposable)?.Dispose();
        _ready.Dispose();
        _room.Dispose();
        _cancel.Dispose();
    }

    private void Produce(Func<CancellationToken, IEnumerable<T>> read)
    {
        try
        {
            using var items = read(_cancel.Token).GetEnumerator();
            while (true)
            {
                _room.Wait(_cancel.Token); // before the item is made: batches are large
                if (!items.MoveNext()) return;
                _ready.Add(items.Current);
            }
        }
        catch (OperationCanceledException) when (_cancel.IsCancellationRequested)
        {
            // There is nobody left to tell.
        }
        catch (Exception fault)
        {
            // Whatever it is belongs to the thread that takes the items: here it would end the process.
            _fault = ExceptionDispatchInfo.Capture(fault);
        }
        finally
        {
            _ready.CompleteAdding();
        }
    }
}
