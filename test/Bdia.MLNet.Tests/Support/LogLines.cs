using System.Collections.Concurrent;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Bdia.MLNet.Tests.Support;

/// <summary>What a context logs.</summary>
internal sealed class LogLines
{
    private readonly ConcurrentQueue<(ChannelMessageKind Kind, string Message)> lines = [];

    public LogLines(MLContext context) => context.Log += (_, line) => lines.Enqueue((line.Kind, line.RawMessage));

    public IEnumerable<string> Of(ChannelMessageKind kind) => lines.Where(line => line.Kind == kind).Select(line => line.Message);
}
