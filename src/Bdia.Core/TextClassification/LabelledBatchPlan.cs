using Bdia.Core.Numerics;
using Bdia.Core.Training;

namespace Bdia.Core.TextClassification;

/// <summary>
/// Which rows go together. Some steps' worth of shuffled rows at a time are sorted by length, so that rows of like length meet and little
/// padding is needed, and yet others in every epoch.
/// </summary>
/// <param name="rows">The rows.</param>
/// <param name="batch">Rows of a batch.</param>
/// <param name="batchesPerStep">
/// Batches that are gathered for a step of the optimizer. The rows of a step depend on their number alone, not on how it is cut.
/// </param>
internal sealed class LabelledBatchPlan(LabelledTokens rows, int batch, int batchesPerStep)
{
    private const int StepsTogether = 8;

    private int StepRows => batch * batchesPerStep;

    private int Rest => rows.Count % StepRows;

    /// <summary>Number of batches of an epoch.</summary>
    public int BatchCount => rows.Count / StepRows * batchesPerStep + (Rest + batch - 1) / batch;

    /// <summary>Rows of a batch, 0 for the first of an epoch.</summary>
    public int Rows(int number)
    {
        var inRest = number - rows.Count / StepRows * batchesPerStep;
        return inRest < 0 ? batch : Math.Min(batch, Rest - inRest * batch);
    }

    /// <summary>The batches of an epoch, and with each all rows of its step. Those of a step with fewer rows come last.</summary>
    public IEnumerable<(ArraySegment<int> Rows, ArraySegment<int> Step)> Shuffled(int epoch, ulong seed)
    {
        int[] order = [.. WindowShuffle.Order(rows.Count, rows.Count, RandomSequence.At(seed, ClassificationRandom.RowOrder, (ulong)epoch))
            .Select(step => step.Row)];
        var whole = rows.Count - Rest;
        for (var start = 0; start < rows.Count; start += StepRows * StepsTogether)
        {
            // the rest keeps to itself
            var count = Math.Min(StepRows * StepsTogether, (start < whole ? whole : rows.Count) - start);
            int[] sorted = [.. order.AsSpan(start, count).ToArray().OrderBy(rows.Ids.Length)];
            sorted.CopyTo(order, start);
            if (start < whole && start + count == whole && Rest > 0)
                order.AsSpan(whole).ToArray().OrderBy(rows.Ids.Length).ToArray().CopyTo(order, whole);
        }

        var steps = rows.Count / StepRows;
        var random = RandomSequence.At(seed, ClassificationRandom.BatchOrder, (ulong)epoch);
        var shuffled = WindowShuffle.Order(steps, Math.Max(1, steps), random)
            .Select(step => new ArraySegment<int>(order, step.Row * StepRows, StepRows));
        if (Rest > 0) shuffled = shuffled.Append(new ArraySegment<int>(order, whole, Rest));
        return shuffled.SelectMany(step => Enumerable.Range(0, (step.Count + batch - 1) / batch)
            .Select(i => (step.Slice(i * batch, Math.Min(batch, step.Count - i * batch)), step)));
    }

    /// <summary>All rows, shortest first, always the same: for validation.</summary>
    public IEnumerable<ArraySegment<int>> InOrder()
        => Enumerable.Range(0, rows.Count).OrderBy(rows.Ids.Length).Chunk(batch).Select(chunk => new ArraySegment<int>(chunk));
}
