using Bdia.Core.Numerics;
using Bdia.Core.Training;

namespace Bdia.Core.TextClassification;

/// <summary>
/// Training batches: shuffled by epoch, some tokens left out. What a row becomes depends on (seed, epoch, row) alone, so a resumed run
/// makes the same.
/// </summary>
internal sealed class LabelledBatchSource(LabelledTokens rows, int classes, TrainingOptions training, TextClassificationOptions texts)
    : IBatchSource<LabelledBatch>
{
    private readonly LabelledBatchPlan plan = new(rows, training.MostRows, training.AccumulationSteps);

    /// <inheritdoc/>
    public int BatchCount(int epoch) => plan.BatchCount;

    /// <inheritdoc/>
    public IEnumerable<LabelledBatch> Read(int epoch, int firstBatch, CancellationToken cancellation)
    {
        foreach (var (batch, step) in plan.Shuffled(epoch, training.Seed).Skip(firstBatch))
        {
            cancellation.ThrowIfCancellationRequested();
            yield return LabelledBatchWriter.Write(rows, batch, step, classes, label => texts.ClassWeights?[label] ?? 1,
                training.LabelSmoothing, LeaveOut);
        }

        int LeaveOut(int row, Span<long> ids) => texts.TokenDropout == 0 ? ids.Length
            : LabelledBatchWriter.LeaveOut(ids, texts.TokenDropout,
                RandomSequence.At(training.Seed, ClassificationRandom.TokenDropout, (ulong)epoch, (ulong)row));
    }
}
