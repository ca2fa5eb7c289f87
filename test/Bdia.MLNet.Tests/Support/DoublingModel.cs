using Bdia.MLNet.Scoring;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.MLNet.Tests.Support;

/// <summary>Stands in for a network: doubles a number, and counts its forward passes.</summary>
internal sealed class DoublingModel : IBatchModel
{
    private int forwards;

    public string Trainer => "Doubling";

    public int Forwards => forwards;

    public List<int> BatchSizes { get; } = [];

    public int OpenBatches { get; private set; }

    public IReadOnlyList<DataViewSchema.Column> InputColumns(DataViewSchema source) => [source["Number"]];

    public IReadOnlyList<DataViewSchema.DetachedColumn> OutputColumns(DataViewSchema source) =>
        [new("Doubled", NumberDataViewType.Single), new("Pair", new VectorDataViewType(NumberDataViewType.Single, 2))];

    public RowBatch CreateBatch(DataViewRow source, int capacity)
    {
        OpenBatches++;
        return new Batch(this, source.GetGetter<float>(source.Schema["Number"]), capacity);
    }

    private sealed class Batch(DoublingModel model, ValueGetter<float> getter, int capacity) : RowBatch
    {
        private readonly float[] doubled = new float[capacity];
        private int count;

        public override void Add() => getter(ref doubled[count++]);

        public override void Score()
        {
            Interlocked.Increment(ref model.forwards);
            lock (model.BatchSizes)
                model.BatchSizes.Add(count);
            for (var i = 0; i < count; i++)
                doubled[i] *= 2;
        }

        public override void Clear() => count = 0;

        public override Delegate CreateGetter(int output, Func<int> slot) => output == 0
            ? (ValueGetter<float>)((ref float value) => value = doubled[slot()])
            : (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) =>
            {
                var row = slot();
                value = new VBuffer<float>(2, [doubled[row], -doubled[row]]);
            });

        public override void Dispose() => model.OpenBatches--;
    }
}
