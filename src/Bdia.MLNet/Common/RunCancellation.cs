using Bdia.MLNet.Internals;
using Microsoft.ML.Runtime;

namespace Bdia.MLNet.Common;

/// <summary>One token for both ways to stop a run: the caller's own token and <c>MLContext.CancelExecution</c>, which has none.</summary>
internal sealed class RunCancellation : IDisposable
{
    private static readonly TimeSpan pollEvery = TimeSpan.FromMilliseconds(20);

    private readonly CancellationTokenSource source;
    private readonly Timer poll;

    public RunCancellation(IHostEnvironment environment, CancellationToken callersToken)
    {
        source = CancellationTokenSource.CreateLinkedTokenSource(callersToken);
        poll = new Timer(_ =>
        {
            if (MLContextFacts.IsCanceled(environment))
                source.Cancel();
        }, null, TimeSpan.Zero, pollEvery);
    }

    public CancellationToken Token => source.Token;

    public void Dispose()
    {
        // A poll that is under way may still touch the source.
        using var stopped = new ManualResetEvent(false);
        if (poll.Dispose(stopped))
            stopped.WaitOne();
        source.Dispose();
    }
}
