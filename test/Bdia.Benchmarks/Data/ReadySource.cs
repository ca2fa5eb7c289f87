using Bdia.Core.Training;

namespace Bdia.Benchmarks.Data;

/// <summary>Batches of some epochs, all made before any is asked for. Each is given once: the trainer disposes what it has used.</summary>
internal sealed class ReadySource<TBatch>(IBatchSource<TBatch> source, int epochs) : IBatchSource<TBatch>
{
    private readonly TBatch[][] batches =
        [.. Enumerable.Range(0, epochs).Select(epoch => source.Read(epoch, 0, CancellationToken.None).ToArray())];

    public int BatchCount(int epoch) => source.BatchCount(epoch);

    public IEnumerable<TBatch> Read(int epoch, int firstBatch, CancellationToken cancellation) => batches[epoch].Skip(firstBatch);
}
