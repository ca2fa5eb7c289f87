using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Bdia.Core.Distributed;

namespace Bdia.Core.Training;

/// <summary>
/// Takes ranges of parameters around the ranks, one after the other in their order, on a thread of its own: a range travels while the next
/// ones are computed.
/// </summary>
internal sealed class RankSums : IDisposable
{
    private readonly RankGroup ranks;
    private readonly Action<int> take;
    private readonly bool[] ready;
    private readonly BlockingCollection<int> due = [];
    private readonly SemaphoreSlim done = new(0);
    private readonly Thread thread;
    private ExceptionDispatchInfo? fault;
    private int next, waited;

    /// <param name="ranks">The ranks.</param>
    /// <param name="ranges">Number of ranges.</param>
    /// <param name="take">What all ranks do with a range that is ready, on the thread: a sum, or a gathering.</param>
    public RankSums(RankGroup ranks, int ranges, Action<int> take)
    {
        (this.ranks, this.take, ready) = (ranks, take, new bool[ranges]);
        thread = new Thread(Work) { IsBackground = true, Name = "Bdia messages of ranks" };
        thread.Start();
    }

    /// <summary>Begins a step, of which no range is ready.</summary>
    public void Begin()
    {
        Array.Clear(ready);
        (next, waited) = (0, 0);
        ranks.IsPatient = true;
    }

    /// <summary>Takes note that this rank's part of a range is whole. Its turn comes when those before it have had theirs.</summary>
    public void Ready(int range)
    {
        ready[range] = true;
        for (; next < ready.Length && ready[next]; next++) due.Add(next);
    }

    /// <summary>Waits until all ranges are done.</summary>
    /// <exception cref="DistributedException">Another rank has failed or does not answer.</exception>
    public void Wait()
    {
        ranks.IsPatient = false;
        ranks.Await(() =>
        {
            for (; waited < ready.Length; waited++) done.Wait();
            return waited;
        });
        fault?.Throw();
    }

    /// <summary>Waits until one range more is done, the first of those that are not waited for.</summary>
    /// <exception cref="DistributedException">Another rank has failed or does not answer.</exception>
    public void WaitForNext()
    {
        ranks.IsPatient = false;
        ranks.Await(() =>
        {
            done.Wait();
            return waited++;
        });
        ranks.IsPatient = true;
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
                // After a fault nobody takes part any more, and all that is left is to end the wait.
                if (fault is null) take(range);
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
