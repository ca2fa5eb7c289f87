using Bdia.Core.Training;

namespace Bdia.Core.SequenceToSequence;

/// <summary>Training batches, shuffled by seed and epoch; a resumed run makes the same.</summary>
internal sealed class TokenBatchSource(SequenceRows rows, TokenBatchPlan plan, ulong seed) : IBatchSource<TokenBatch>
{
    /// <inheritdoc/>
    public int BatchCount(int epoch) => plan.BatchCount(epoch);

    /// <inheritdoc/>
    public IEnumerable<TokenBatch> Read(int epoch, int firstBatch, CancellationToken cancellation)
    {
        foreach (var part in plan.Shuffled(epoch, seed).Skip(firstBatch))
        {
            cancellation.ThrowIfCancellationRequested();
            yield return TokenBatchWriter.Write(rows, part.Rows, part.Batch);
        }
    }
}
