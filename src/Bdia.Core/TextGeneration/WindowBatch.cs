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
internal sealed class WindowBatchSource(TokenStore texts, WindowPlan plan) : IBatchSource<WindowBatch>
{
    /// <inheritdoc/>
    public int BatchCount(int epoch) => plan.BatchCount(epoch);

    /// <inheritdoc/>
    public IEnumerable<WindowBatch> Read(int epoch, int firstBatch, CancellationToken cancellation)
    {
        foreach (var part in plan.Shuffled(epoch).Skip(firstBatch))
        {
            cancellation.ThrowIfCancellationRequested();
            yield return WindowBatch.Of(texts, part.Windows, part.Longest);
        }
    }
}
