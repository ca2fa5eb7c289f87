using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.MLNet.Scoring;

/// <summary>The source's own cursor under the scored view's schema: what is served when no output of the model is asked for.</summary>
internal sealed class PassThroughCursor(ScoringBindings bindings, DataViewRowCursor source, bool[] active) : DataViewRowCursor
{
    private bool disposed;

    public override DataViewSchema Schema => bindings.Schema;

    public override long Position => source.Position;

    public override long Batch => source.Batch;

    public override bool MoveNext() => source.MoveNext();

    public override ValueGetter<DataViewRowId> GetIdGetter() => source.GetIdGetter();

    public override bool IsColumnActive(DataViewSchema.Column column) => active[column.Index];

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        Getters.CheckActive(active, column);
        return source.GetGetter<TValue>(bindings.Source[column.Index]);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !disposed)
        {
            disposed = true;
            source.Dispose();
        }
        base.Dispose(disposing);
    }
}
