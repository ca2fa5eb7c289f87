using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.MLNet.Scoring;

/// <summary>Scores single rows, for <see cref="PredictionEngine{TSrc, TDst}"/>: a batch of one that follows the input row.</summary>
internal sealed class RowScoringMapper(DataViewSchema inputSchema, IBatchModel model) : IRowToRowMapper
{
    private readonly ScoringBindings bindings = new(inputSchema, model);

    public DataViewSchema InputSchema => bindings.Source;

    public DataViewSchema OutputSchema => bindings.Schema;

    public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns)
        => bindings.SourceColumns(bindings.Active(dependingColumns));

    public DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (input.Schema != InputSchema)
            throw new ArgumentException("The row's schema is not the one that this mapper was made for; get a mapper for the row's "
                + "schema.", nameof(input));
        return new ScoredRow(bindings, input, model, bindings.Active(activeColumns));
    }

    private sealed class ScoredRow : DataViewRow
    {
        private readonly ScoringBindings bindings;
        private readonly DataViewRow input;
        private readonly bool[] active;
        private readonly RowBatch? batch;
        private long scoredPosition = -1;
        private bool disposed;

        public ScoredRow(ScoringBindings bindings, DataViewRow input, IBatchModel model, bool[] active)
        {
            this.bindings = bindings;
            this.input = input;
            this.active = active;
            batch = bindings.AnyOutput(active) ? model.CreateBatch(input, 1) : null;
        }

        public override DataViewSchema Schema => bindings.Schema;

        public override long Position => input.Position;

        public override long Batch => input.Batch;

        public override ValueGetter<DataViewRowId> GetIdGetter() => input.GetIdGetter();

        public override bool IsColumnActive(DataViewSchema.Column column) => active[column.Index];

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            Getters.CheckActive(active, column);
            return bindings.IsOutput(column.Index)
                ? Getters.As<TValue>(batch!.CreateGetter(column.Index - bindings.Source.Count, ScoredSlot), column)
                : input.GetGetter<TValue>(bindings.Source[column.Index]);
        }

        // All outputs of one input row come from one forward pass; a new position means a new row. A row that failed stays
        // unscored, so that asking again fails again instead of serving the row before it.
        private int ScoredSlot()
        {
            if (scoredPosition != input.Position || input.Position < 0)
            {
                scoredPosition = -1;
                batch!.Clear();
                batch.Add();
                batch.Score();
                scoredPosition = input.Position;
            }
            return 0;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing && !disposed)
            {
                disposed = true;
                batch?.Dispose();
                input.Dispose();
            }
            base.Dispose(disposing);
        }
    }
}
