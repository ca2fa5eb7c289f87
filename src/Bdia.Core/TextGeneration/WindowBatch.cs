using System.Runtime.InteropServices;
using Bdia.Core.Text;
using Bdia.Core.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.TextGeneration;

/// <summary>Windows ready for the network. Owns its tensors.</summary>
/// <param name="Ids">(B, T) int64: what the network reads, the token before the window and all of the window but its last; padded at the
/// end.</param>
/// <param name="Positions">(N) int64: which of the B * T positions hold an output id, row by row; null where all do.</param>
/// <param name="Outputs">The N ids that follow at these positions.</param>
internal sealed record WindowBatch(Tensor Ids, Tensor? Positions, int[] Outputs) : IDisposable
{
    /// <summary>A batch of windows, in the order given.</summary>
    /// <param name="texts">All texts.</param>
    /// <param name="windows">The windows.</param>
    /// <param name="longest">Tokens to which they are padded.</param>
    public static WindowBatch Of(TokenStore texts, ReadOnlySpan<TextWindow> windows, int longest)
    {
        var outputs = 0;
        foreach (var window in windows) outputs += window.Length;
        // Detached: a batch outlives whatever scope is open on the thread that makes it. zeros, since padding is 0.
        var read = zeros([windows.Length, longest], int64, CPU).DetachFromDisposeScope();
        var isFull = outputs == windows.Length * longest;
        var positions = isFull ? null : empty([outputs], int64, CPU).DetachFromDisposeScope();
        var written = new int[outputs];
        var ids = MemoryMarshal.Cast<byte, long>(read.bytes);
        var places = isFull ? [] : MemoryMarshal.Cast<byte, long>(positions!.bytes);
        var line = new long[longest + 1];
        var next = 0;
        for (var i = 0; i < windows.Length; i++)
        {
            var (text, start, length) = windows[i];
            // The token before a window, or the one that stands before a text.
            line[0] = SpecialTokens.Start;
            texts.CopyTo(text, Math.Max(start - 1, 0), start > 0 ? line.AsSpan(0, length + 1) : line.AsSpan(1, length));
            line.AsSpan(0, length).CopyTo(ids[(i * longest)..]);
            for (var t = 0; t < length; t++, next++)
            {
                written[next] = (int)line[t + 1];
                if (!isFull) places[next] = i * longest + t;
            }
        }

        return new WindowBatch(read, positions, written);
    }

    public void Dispose()
    {
        Ids.Dispose();
        Positions?.Dispose();
    }
}

/// <summary>Training batches, shuffled by seed and epoch; a resumed run makes the same.</summary>
internal sealed class WindowBatchSource(TokenStore texts, WindowPlan plan) : IPartedSource<WindowBatch>
{
    private (int Epoch, List<WindowPart> Parts) latest = (-1, []);

    /// <inheritdoc/>
    public int BatchCount(int epoch) => plan.BatchCount(epoch);

    /// <inheritdoc/>
    public int Rows(int epoch, int batch) => Parts(epoch)[batch].Windows.Count;

    /// <inheritdoc/>
    public IEnumerable<WindowBatch> Read(int epoch, int firstBatch, CancellationToken cancellation)
        => Read(epoch, [.. Enumerable.Range(firstBatch, BatchCount(epoch) - firstBatch)], cancellation);

    /// <inheritdoc/>
    public IEnumerable<WindowBatch> Read(int epoch, IReadOnlyList<int> batches, CancellationToken cancellation)
    {
        var parts = Parts(epoch);
        foreach (var batch in batches)
        {
            cancellation.ThrowIfCancellationRequested();
            yield return WindowBatch.Of(texts, parts[batch].Windows, parts[batch].Longest);
        }
    }

    private List<WindowPart> Parts(int epoch)
    {
        lock (plan) // asked for on the trainer's thread and on the one that makes batches
        {
            if (latest.Epoch != epoch) latest = (epoch, plan.Shuffled(epoch));
            return latest.Parts;
        }
    }
}
