namespace Bdia.Core.Training;

/// <summary>
/// Training data in batches. What it gives depends on nothing but the epoch (and the seed it was made with): a resumed run
/// reads the same batches as the run that was interrupted.
/// </summary>
/// <typeparam name="TBatch">What a task understands; disposed by the trainer after use where it is <see cref="IDisposable"/>.</typeparam>
public interface IBatchSource<TBatch>
{
    /// <summary>Number of batches of an epoch; cheap, for it is asked for every epoch of the run in advance.</summary>
    /// <param name="epoch">0 for the first.</param>
    /// <returns>At least 1.</returns>
    int BatchCount(int epoch);

    /// <summary>
    /// The batches of an epoch. Enumerated once, on a thread of its own, while the batch before is trained on; batches must
    /// not share buffers.
    /// </summary>
    /// <param name="epoch">0 for the first.</param>
    /// <param name="firstBatch">Batches to leave out at the front, 0 unless a run is resumed.</param>
    /// <param name="cancellation">Set when no more batches are wanted.</param>
    /// <returns>Exactly <see cref="BatchCount"/> minus <paramref name="firstBatch"/> batches.</returns>
    IEnumerable<TBatch> Read(int epoch, int firstBatch, CancellationToken cancellation);
}
