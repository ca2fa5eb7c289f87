namespace Bdia.Samples.Common.Options;

/// <summary>Makes the first Ctrl+C end training with the best model so far. A second one ends the program.</summary>
internal sealed class CtrlC : IDisposable
{
    private readonly CancellationTokenSource source = new();

    public CtrlC() => Console.CancelKeyPress += Cancel;

    public CancellationToken Token => source.Token;

    public void Dispose()
    {
        Console.CancelKeyPress -= Cancel;
        source.Dispose();
    }

    private void Cancel(object? sender, ConsoleCancelEventArgs e)
    {
        e.Cancel = !source.IsCancellationRequested;
        source.Cancel();
    }
}
