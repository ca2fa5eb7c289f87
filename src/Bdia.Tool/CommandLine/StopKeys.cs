using System.Runtime.InteropServices;

namespace Bdia.Tool.CommandLine;

/// <summary>Makes the first Ctrl+C, or SIGTERM, end a run with what there is so far; a second one ends the program.</summary>
internal static class StopKeys
{
    public static CancellationToken Listen()
    {
        var source = new CancellationTokenSource();
        foreach (var signal in new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM })
        {
            // Lives as long as the program.
            _ = PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = !source.IsCancellationRequested;
                source.Cancel();
            });
        }

        return source.Token;
    }
}
