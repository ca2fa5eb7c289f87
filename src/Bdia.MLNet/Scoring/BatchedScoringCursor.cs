using System.Runtime.ExceptionServices;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.MLNet.Scoring;

/// <summary>
/// Reads a batch of rows ahead, keeps of each the values that are asked for, and serves them. The forward pass over the batch runs when
/// the first output of one of its rows is read. A fault of the source in the middle of a batch reaches the reader at the row where it
/// happened: the rows before it are served first.
/// </summary>
internal sealed class BatchedScoringCursor : DataViewRowCursor
{
    private readonly ScoringBindings bindings;
    private readonly DataViewRowCursor source;
    private readonly RowBatch batch;
    private readonly bool[] active;
    private readonly ColumnBuffer?[] columns;
    private readonly ValueGetter<DataViewRowId> sourceId;
    private readonly DataViewRowId[] ids;
    private readonly long[] batchNumbers;
    private long position = -1;
    private int slot = -1;
    private int count;
    private bool scored;
    private bool ended;
    private bool disposed;
    private ExceptionDispatchInfo? fault;

    public BatchedScoringCursor(ScoringBindings bindings, DataViewRowCursor source, IBatchModel model, bool[] active, int batchSize)
    {
        this.bindings = bindings;
        this.source = source;
        this.active = active;
        batch = model.CreateBatch(source, batchSize);
        columns = [.. bindings.Source.Select(column => active[column.Index] ? ColumnBuffer.Create(source, column, batchSize) : null)];
        sourceId = source.GetIdGetter();
        ids = new DataViewRowId[batchSize];
        batchNumbers = new long[batchSize];
    }

    public override DataViewSchema Schema => bindings.Schema;

    public override long Position => position;

    public override long Batch => slot < 0 ? 0 : batchNumbers[slot];

    public override bool MoveNext()
    {
        if (disposed)
            return false;
        if (slot + 1 >= count)
            Fill();
        if (count == 0)
        {
            slot = -1;
            position = -1;
            fault?.Throw();
            return false;
        }
        slot++;
        position++;
        return true;
    }

    private void Fill()
    {
        batch.Clear();
        (slot, count, scored) = (-1, 0, false);
        while (!ended && fault is null && count < ids.Length)
        {
            try
            {
                ended = !source.MoveNextExplained();
                if (!ended)
                    Take();
            }
            catch (Exception e)
            {
                fault = ExceptionDispatchInfo.Capture(e);
            }
        }
    }

    private void Take()
    {
        batch.Add();
        foreach (var column in columns)
            column?.Read(count);
        sourceId(ref ids[count]);
        batchNumbers[count] = source.Batch;
        count++;
    }

    private int CurrentRow() => slot >= 0 ? slot
        : throw new InvalidOperationException(
            "Cannot fetch a value: the cursor stands before the first row or behind the last. Call MoveNext until it returns true.");

    private int CurrentScoredRow()
    {
        var row = CurrentRow();
        if (!scored)
        {
            batch.Score();
            scored = true;
        }
        return row;
    }

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        Getters.CheckActive(active, column);
        var getter = bindings.IsOutput(column.Index)
            ? batch.CreateGetter(column.Index - bindings.Source.Count, CurrentScoredRow)
            : columns[column.Index]!.CreateGetter(CurrentRow);
        return Getters.As<TValue>(getter, column);
    }

    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId value) => value = ids[CurrentRow()];

    public override bool IsColumnActive(DataViewSchema.Column column) => active[column.Index];

    protected override void Dispose(bool disposing)
    {
        if (disposing && !disposed)
        {
            disposed = true;
            (slot, count, position) = (-1, 0, -1);
            batch.Dispose();
            source.Dispose();
        }
        base.Dispose(disposing);
    }
}
