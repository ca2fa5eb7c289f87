using Bdia.Core.Numerics;
using Bdia.Core.Training;

namespace Bdia.Core.TextClassification;

/// <summary>
/// Training batches: shuffled by epoch, some tokens left out. What a row becomes depends on (seed, epoch, row) alone, so a resumed run
/// makes the same.
/// </summary>
internal sealed class LabelledBatchSource(LabelledTokens rows, int classes, TrainingOptions training, TextClassificationOptions texts)
    : IPartedSource<LabelledBatch>
{
    private readonly LabelledBatchPlan plan = new(rows, training.MostRows, training.AccumulationSteps);

    /// <inheritdoc/>
    public int BatchCount(int epoch) => plan.BatchCount;

    /// <inheritdoc/>
    public int Rows(int epoch, int batch) => plan.Rows(batch);

    /// <inheritdoc/>
    public IEnumerable<LabelledBatch> Read(int epoch, int firstBatch, CancellationToken cancellation)
        => Read(epoch, [.. Enumerable.Range(firstBatch, BatchCount(epoch) - firstBatch)], cancellation);

    /// <inheritdoc/>
    public IEnumerable<LabelledBatch> Read(int epoch, IReadOnlyList<int> batches, CancellationToken cancellation)
    {
        var next = 0;
        foreach (var ((batch, step), number) in plan.Shuffled(epoch, training.Seed).Zip(Enumerable.Range(0, BatchCount(epoch))))
        {
            if (next == batches.Count) yield break;
            if (number < batches[next]) continue;
            next++;
            cancellation.ThrowIfCancellationRequested();
            yield return LabelledBatchWriter.Write(rows, batch, step, classes, label => texts.ClassWeights?[label] ?? 1,
                training.LabelSmoothing, LeaveOut);
        }

        int LeaveOut(int row, Span<long> ids) => texts.TokenDropout == 0 ? ids.Length
            : LabelledBatchWriter.LeaveOut(ids, texts.TokenDropout,
                RandomSequence.At(training.Seed, ClassificationRandom.TokenDropout, (ulong)epoch, (ulong)row));
    }
}
