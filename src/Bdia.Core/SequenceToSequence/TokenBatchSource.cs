using Bdia.Core.Training;

namespace Bdia.Core.SequenceToSequence;

/// <summary>Training batches, shuffled by seed and epoch; a resumed run makes the same.</summary>
internal sealed class TokenBatchSource(SequenceRows rows, TokenBatchPlan plan, ulong seed) : IPartedSource<TokenBatch>
{
    private (int Epoch, IReadOnlyList<BatchPart> Parts) latest = (-1, []);

    /// <inheritdoc/>
    public int BatchCount(int epoch) => plan.BatchCount(epoch);

    /// <inheritdoc/>
    public int Rows(int epoch, int batch) => Parts(epoch)[batch].Rows.Count;

    /// <inheritdoc/>
    public IEnumerable<TokenBatch> Read(int epoch, int firstBatch, CancellationToken cancellation)
        => Read(epoch, [.. Enumerable.Range(firstBatch, BatchCount(epoch) - firstBatch)], cancellation);

    /// <inheritdoc/>
    public IEnumerable<TokenBatch> Read(int epoch, IReadOnlyList<int> batches, CancellationToken cancellation)
    {
        var parts = Parts(epoch);
        foreach (var batch in batches)
        {
            cancellation.ThrowIfCancellationRequested();
            yield return TokenBatchWriter.Write(rows, parts[batch].Rows, parts[batch].Batch);
        }
    }

    private IReadOnlyList<BatchPart> Parts(int epoch)
    {
        lock (plan) // asked for on the trainer's thread and on the one that makes batches
        {
            if (latest.Epoch != epoch) latest = (epoch, plan.Shuffled(epoch, seed));
            return latest.Parts;
        }
    }
}
