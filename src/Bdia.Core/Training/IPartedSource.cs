namespace Bdia.Core.Training;

/// <summary>
/// A source whose batches can be read one apart from the other, so that each of several processes reads those that it trains on:
/// what <see cref="TrainingOptions.Distributed"/> needs.
/// </summary>
/// <typeparam name="TBatch">What a task understands.</typeparam>
public interface IPartedSource<TBatch> : IBatchSource<TBatch>
{
    /// <summary>Rows of a batch, the first dimension of what the model is given; cheap.</summary>
    /// <param name="epoch">0 for the first.</param>
    /// <param name="batch">0 for the first of the epoch.</param>
    int Rows(int epoch, int batch);

    /// <summary>Some batches of an epoch. Enumerated as <see cref="IBatchSource{TBatch}.Read"/> is.</summary>
    /// <param name="epoch">0 for the first.</param>
    /// <param name="batches">Their numbers in the epoch, ascending.</param>
    /// <param name="cancellation">Set when no more batches are wanted.</param>
    /// <returns>Exactly these.</returns>
    IEnumerable<TBatch> Read(int epoch, IReadOnlyList<int> batches, CancellationToken cancellation);
}
