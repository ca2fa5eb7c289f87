using Bdia.Core.Numerics;
using Bdia.Core.Training;

namespace Bdia.Core.SequenceToSequence;

/// <summary>
/// Which rows go together: rows are sorted by length and cut into batches of at most so many tokens, so that hardly any padding is needed.
/// The order takes turns over the epochs, by source length first or by target length first, and so does the size of the first batch, so
/// that a row does not meet the same neighbours again and again. Where a cut falls depends on the lengths alone: the number of batches is
/// known in advance, whatever the shuffle among rows of equal lengths.
/// </summary>
/// <param name="rows">The rows.</param>
/// <param name="tokensPerBatch">Tokens of a batch at most, padding included, on the side that has more of them; a single longer row is a
/// batch of its own.</param>
/// <param name="parts">Into how many batches of like size each is cut, to be gathered for one step; those of fewer rows come last, a row
/// each, so that the others stay together.</param>
internal sealed class TokenBatchPlan(SequenceRows rows, int tokensPerBatch, int parts = 1)
{
    // First batches of 4/4, 1/4, 2/4 and 3/4 of the tokens, in either order.
    private const int Phases = 4, Patterns = 2 * Phases;

    private readonly int[]?[] sizes = new int[]?[Patterns];

    /// <summary>Number of batches of an epoch.</summary>
    public int BatchCount(int epoch)
        => parts == 1 ? Sizes(epoch % Patterns).Length : Sizes(epoch % Patterns).Sum(size => Math.Min(parts, size));

    /// <summary>The rows of every batch of an epoch, in a random order of batches.</summary>
    public IReadOnlyList<BatchPart> Shuffled(int epoch, ulong seed)
    {
        var shuffled = WindowShuffle.Order(rows.Count, rows.Count, RandomSequence.At(seed, SequenceRandom.RowOrder, (ulong)epoch))
            .Select(step => step.Row);
        var batches = Cut(Sorted(shuffled, epoch % Patterns), Sizes(epoch % Patterns));
        var order = WindowShuffle.Order(batches.Count, batches.Count, RandomSequence.At(seed, SequenceRandom.BatchOrder, (ulong)epoch));
        return Parts(order.Select(step => batches[step.Row]));
    }

    /// <summary>The rows of every batch, shortest first, always the same: for validation.</summary>
    public IReadOnlyList<BatchPart> InOrder() => Parts(Cut(Sorted(Enumerable.Range(0, rows.Count), 0), Sizes(0)));

    /// <summary>Rows and lengths of all batches of so many epochs, before they are cut into parts.</summary>
    public IReadOnlySet<(int Rows, int SourceTokens, int TargetTokens)> Shapes(int epochs)
        => Enumerable.Range(0, Math.Min(epochs, Patterns))
            .SelectMany(pattern => Cut(Sorted(Enumerable.Range(0, rows.Count), pattern), Sizes(pattern)))
            .Select(batch => (batch.Count, batch.Max(rows.Source.Length), batch.Max(rows.Target.Length))).ToHashSet();

    /// <summary>Share of the tokens of an epoch, of both sides, that are padding.</summary>
    public double PaddingShare(int epoch)
    {
        long padded = 0;
        foreach (var batch in Cut(Sorted(Enumerable.Range(0, rows.Count), epoch % Patterns), Sizes(epoch % Patterns)))
            padded += (long)batch.Count * (batch.Max(rows.Source.Length) + batch.Max(rows.Target.Length));
        return 1 - (double)(rows.Source.Ids + rows.Target.Ids) / padded;
    }

    private List<BatchPart> Parts(IEnumerable<ArraySegment<int>> batches)
        // a stable sort
        => parts == 1 ? [.. batches.Select(batch => new BatchPart(batch, batch))]
            : [.. batches.OrderBy(batch => batch.Count < parts).SelectMany(batch =>
        {
            var count = Math.Min(parts, batch.Count);
            return Enumerable.Range(0, count)
                .Select(i => new BatchPart(batch[(batch.Count * i / count)..(batch.Count * (i + 1) / count)], batch));
        })];

    private static List<ArraySegment<int>> Cut(int[] sorted, int[] sizes)
    {
        var batches = new List<ArraySegment<int>>(sizes.Length);
        var start = 0;
        foreach (var size in sizes)
        {
            batches.Add(new ArraySegment<int>(sorted, start, size));
            start += size;
        }

        return batches;
    }

    /// <summary>
    /// By the one length, and among those of equal one by the other: up and down in turn, so that neighbours across a step are close as
    /// well. Rows of equal lengths stay in the order given.
    /// </summary>
    private int[] Sorted(IEnumerable<int> order, int pattern)
    {
        var (first, second) = pattern % 2 == 0 ? (rows.Target, rows.Source) : (rows.Source, rows.Target);
        return [.. order.OrderBy(row =>
            (long)first.Length(row) << 32 | (uint)(first.Length(row) % 2 == 0 ? second.Length(row) : int.MaxValue - second.Length(row)))];
    }

    private int[] Sizes(int pattern)
    {
        // Asked for on the trainer's thread and on the one that makes batches: whoever computes it gets the same.
        if (Volatile.Read(ref this.sizes[pattern]) is { } known) return known;
        var sizes = new List<int>();
        var phase = pattern / 2;
        long budget = phase == 0 ? tokensPerBatch : Math.Max(1, (long)tokensPerBatch * phase / Phases);
        var (count, longest) = (0, 0);
        foreach (var row in Sorted(Enumerable.Range(0, rows.Count), pattern))
        {
            var longer = Math.Max(longest, Math.Max(rows.Source.Length(row), rows.Target.Length(row)));
            if (count > 0 && (long)(count + 1) * longer > budget)
            {
                sizes.Add(count);
                budget = tokensPerBatch;
                (count, longer) = (0, Math.Max(rows.Source.Length(row), rows.Target.Length(row)));
            }

            (count, longest) = (count + 1, longer);
        }

        sizes.Add(count);
        Volatile.Write(ref this.sizes[pattern], [.. sizes]);
        return this.sizes[pattern]!;
    }
}
