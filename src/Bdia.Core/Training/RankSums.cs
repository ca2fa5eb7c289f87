using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Bdia.Core.Distributed;

namespace Bdia.Core.Training;

/// <summary>
/// Adds up ranges of gradients over the ranks, one after the other in their order, on a thread of its own: a range travels while the next
/// ones are computed.
/// </summary>
internal sealed class RankSums : IDisposable
{
    private readonly FlatGradients gradients;
    private readonly DistributedOptions options;
    private readonly bool[] ready;
    private readonly BlockingCollection<int> due = [];
    private readonly SemaphoreSlim done = new(0);
    private readonly Thread thread;
    private ExceptionDispatchInfo? fault;
    private int next;

    public RankSums(FlatGradients gradients, DistributedOptions options)
    {
        (this.gradients, this.options, ready) = (gradients, options, new bool[gradients.Ranges]);
        thread = new Thread(Work) { IsBackground = true, Name = "Bdia sums over ranks" };
        thread.Start();
    }

    /// <summary>Begins a step, of which no range is ready.</summary>
    public void Begin()
    {
        Array.Clear(ready);
        next = 0;
        options.Ranks.IsPatient = true;
    }

    /// <summary>Takes note that this rank's part of a range is whole. It is summed when those before it have been.</summary>
    public void Ready(int range)
    {
        ready[range] = true;
        for (; next < ready.Length && ready[next]; next++) due.Add(next);
    }

    /// <summary>Waits until all ranges are summed.</summary>
    /// <exception cref="DistributedException">Another rank has failed or does not answer.</exception>
    public void Wait()
    {
        options.Ranks.IsPatient = false;
        options.Ranks.Await(() =>
        {
            for (var range = 0; range < ready.Length; range++) done.Wait();
            return ready.Length;
        });
        fault?.Throw();
    }

    public void Dispose()
    {
        due.CompleteAdding();
        thread.Join();
        due.Dispose();
        done.Dispose();
    }

    private void Work()
    {
        foreach (var range in due.GetConsumingEnumerable())
        {
            try
            {
                // After a fault nobody sums any more, and all that is left is to end the wait.
                if (fault is null) gradients.Sum(range, options.Ranks, options.Sums);
            }
            catch (Exception e)
            {
                // Whatever it is belongs to the thread that waits: here it would end the process.
                fault = ExceptionDispatchInfo.Capture(e);
            }

            done.Release();
        }
    }
}
