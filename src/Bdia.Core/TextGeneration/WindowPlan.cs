using Bdia.Core.Numerics;
using Bdia.Core.Text;
using Bdia.Core.Training;

namespace Bdia.Core.TextGeneration;

/// <summary>
/// Which windows of the texts an epoch reads, and which of them go together. Texts of more tokens than a window are cut at places that
/// differ from epoch to epoch; windows are sorted by length and cut into batches of at most so many tokens.
/// </summary>
/// <param name="texts">The texts, as ids with end token.</param>
/// <param name="window">Tokens of a window at most.</param>
/// <param name="tokensPerBatch">Tokens of a batch at most, padding included; a single longer window is a batch of its own.</param>
/// <param name="seed">Of places and orders.</param>
/// <param name="parts">Into how many batches of like size each is cut, to be gathered for one step; those of fewer windows come last, a
/// window each, so that the others stay together.</param>
internal sealed class WindowPlan(TokenStore texts, int window, int tokensPerBatch, ulong seed, int parts = 1)
{
    private readonly Dictionary<int, int> counts = [];

    /// <summary>Number of batches of an epoch.</summary>
    public int BatchCount(int epoch)
    {
        lock (counts) // asked for on the trainer's thread and on the one that makes batches
        {
            if (!counts.TryGetValue(epoch, out var count)) counts.Add(epoch, count = Parts(Cut(Windows(epoch))).Count);
            return count;
        }
    }

    /// <summary>The batches of an epoch, in a random order.</summary>
    public List<WindowPart> Shuffled(int epoch)
    {
        var windows = Windows(epoch);
        var mixed = Mixed(windows, RandomSequence.At(seed, GenerationRandom.WindowOrder, (ulong)epoch));
        var batches = Cut(mixed);
        return Parts(Mixed(batches, RandomSequence.At(seed, GenerationRandom.BatchOrder, (ulong)epoch)));
    }

    /// <summary>The batches of all texts cut from their beginnings, always the same: for validation.</summary>
    public List<WindowPart> InOrder() => Parts(Cut(Windows(null)));

    /// <summary>Windows and tokens of each of all batches of so many epochs, before they are cut into parts.</summary>
    public IReadOnlySet<(int Rows, int Tokens)> Shapes(int epochs)
        => Enumerable.Range(0, epochs).SelectMany(epoch => Cut(Windows(epoch))).Select(batch => (batch.Count, Longest(batch))).ToHashSet();

    /// <summary>The windows of an epoch; null for texts cut from their beginnings.</summary>
    public List<TextWindow> Windows(int? epoch)
    {
        var windows = new List<TextWindow>();
        for (var text = 0; text < texts.Count; text++)
        {
            var length = texts.Length(text);
            var start = 0;
            if (length > window && epoch is { } number
                && RandomSequence.At(seed, GenerationRandom.Offsets, (ulong)number, (ulong)text).Next(window) is > 0 and var offset)
            {
                windows.Add(new(text, 0, offset));
                start = offset;
            }

            for (; start < length; start += window) windows.Add(new(text, start, Math.Min(window, length - start)));
        }

        return windows;
    }

    private static T[] Mixed<T>(List<T> items, RandomSequence random)
        => [.. WindowShuffle.Order(items.Count, items.Count, random).Select(step => items[step.Row])];

    // Sorted by a stable sort: windows of one length stay in the order given.
    private List<ArraySegment<TextWindow>> Cut(IEnumerable<TextWindow> windows)
    {
        TextWindow[] sorted = [.. windows.OrderBy(one => one.Length)];
        var batches = new List<ArraySegment<TextWindow>>();
        var start = 0;
        for (var i = 1; i <= sorted.Length; i++)
        {
            if (i < sorted.Length && (long)(i + 1 - start) * sorted[i].Length <= tokensPerBatch) continue;
            batches.Add(new(sorted, start, i - start));
            start = i;
        }

        return batches;
    }

    private List<WindowPart> Parts(IEnumerable<ArraySegment<TextWindow>> batches)
        => [.. batches.OrderBy(batch => batch.Count < parts).SelectMany(batch =>
        {
            var (count, longest) = (Math.Min(parts, batch.Count), Longest(batch));
            return Enumerable.Range(0, count)
                .Select(i => new WindowPart(batch[(batch.Count * i / count)..(batch.Count * (i + 1) / count)], longest));
        })];

    private static int Longest(ArraySegment<TextWindow> batch) => batch[^1].Length;
}
