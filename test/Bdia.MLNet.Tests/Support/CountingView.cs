using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.MLNet.Tests.Support;

/// <summary>Rows with a number, a text and a vector, whose source counts what is read from it and can fail at a row.</summary>
internal sealed class CountingView(int rows, int failAt = -1) : IDataView
{
    public int OpenCursors { get; private set; }

    public int CursorsOpened { get; private set; }

    public long RowsMoved { get; private set; }

    public Dictionary<string, long> Reads { get; } = [];

    public DataViewSchema Schema { get; } = MakeSchema();

    public bool CanShuffle => true;

    public long? GetRowCount() => rows;

    public static float Number(long row) => row + 0.25f;

    private static DataViewSchema MakeSchema()
    {
        var builder = new DataViewSchema.Builder();
        builder.AddColumn("Text", TextDataViewType.Instance);
        builder.AddColumn("Number", NumberDataViewType.Single);
        builder.AddColumn("Vector", new VectorDataViewType(NumberDataViewType.Int32));
        return builder.ToSchema();
    }

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
        => Open(columnsNeeded, Order(rand), 0);

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
        => [.. Enumerable.Range(0, n).Select(part => Open(columnsNeeded, Order(rand).Where(row => row % n == part), part))];

    private IEnumerable<int> Order(Random? rand) => rand is null ? Enumerable.Range(0, rows) : Enumerable.Range(0, rows).Shuffle();

    private Cursor Open(IEnumerable<DataViewSchema.Column> columns, IEnumerable<int> order, int part)
    {
        OpenCursors++;
        CursorsOpened++;
        return new Cursor(this, [.. columns.Select(column => column.Index)], [.. order], part);
    }

    private sealed class Cursor(CountingView view, HashSet<int> active, int[] order, int part) : DataViewRowCursor
    {
        private readonly int failAt = view.FailAt;
        private long position = -1;
        private bool disposed;

        public override DataViewSchema Schema => view.Schema;

        public override long Position => position;

        // Rows of one set have increasing batch numbers over all its cursors; here every row is a batch of its own.
        public override long Batch => order[position] + 1000L * part;

        public override bool MoveNext()
        {
            if (position + 1 == failAt)
                throw new IOException($"The source broke at row {failAt}.");
            view.RowsMoved++;
            return ++position < order.Length;
        }

        public override bool IsColumnActive(DataViewSchema.Column column) => active.Contains(column.Index);

        public override ValueGetter<DataViewRowId> GetIdGetter()
            => (ref DataViewRowId id) => id = new DataViewRowId((ulong)order[position], 7);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            Assert.True(IsColumnActive(column), $"Column {column.Name} was read without being asked for.");
            Delegate getter = column.Name switch
            {
                "Text" => (ValueGetter<ReadOnlyMemory<char>>)(
                    (ref ReadOnlyMemory<char> value) => value = $"row {Count(column)}".AsMemory()),
                "Number" => (ValueGetter<float>)((ref float value) => value = Number(Count(column))),
                _ => (ValueGetter<VBuffer<int>>)((ref VBuffer<int> value) =>
                {
                    var row = (int)Count(column);
                    var editor = VBufferEditor.Create(ref value, row % 4);
                    editor.Values.Fill(row);
                    value = editor.Commit();
                }),
            };
            return (ValueGetter<TValue>)getter;
        }

        private long Count(DataViewSchema.Column column)
        {
            lock (view.Reads)
                view.Reads[column.Name] = view.Reads.GetValueOrDefault(column.Name) + 1;
            return order[position];
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing && !disposed)
            {
                disposed = true;
                view.OpenCursors--;
            }
            base.Dispose(disposing);
        }
    }

    private int FailAt => failAt;
}
