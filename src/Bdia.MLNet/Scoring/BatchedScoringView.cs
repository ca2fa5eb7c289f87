using Bdia.MLNet.Internals;
using Microsoft.ML;

namespace Bdia.MLNet.Scoring;

/// <summary>
/// The source with the model's columns behind it, scored a batch of rows at a time as a cursor moves over it. Nothing happens before.
/// Order is the source's; shuffling is left to the source (a batch then holds the rows in shuffled order), so this view shuffles where
/// the source can. Several cursors may be open at once, also from several threads.
/// </summary>
internal sealed class BatchedScoringView : IOnnxView
{
    private readonly IBatchModel model;
    private readonly ScoringBindings bindings;
    private readonly int batchSize;

    public BatchedScoringView(IDataView source, IBatchModel model, int batchSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        Source = source;
        this.model = model;
        this.batchSize = batchSize;
        bindings = new ScoringBindings(source.Schema, model);
    }

    /// <summary>The rows that are scored.</summary>
    public IDataView Source { get; }

    public DataViewSchema Schema => bindings.Schema;

    string IOnnxView.Trainer => model.Trainer;

    string? IOnnxView.OnnxRefusal => model.OnnxRefusal;

    void IOnnxView.AddTo(OnnxPipeline pipeline) => model.AddTo(pipeline, Source.Schema);

    public bool CanShuffle => Source.CanShuffle;

    public long? GetRowCount() => Source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        ArgumentNullException.ThrowIfNull(columnsNeeded);
        var active = bindings.Active(columnsNeeded);
        return Wrap(Source.OpenSingle(bindings.SourceColumns(active), rand), active);
    }

    // One, whatever is asked for: a forward pass has all cores to itself, and in a part of the rows their numbers would be others.
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
        => [GetRowCursor(columnsNeeded, rand)];

    private DataViewRowCursor Wrap(DataViewRowCursor cursor, bool[] active) => bindings.AnyOutput(active)
        ? new BatchedScoringCursor(bindings, cursor, model, active, batchSize)
        : new PassThroughCursor(bindings, cursor, active);
}
