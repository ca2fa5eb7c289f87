using Bdia.MLNet.Scoring;
using Bdia.MLNet.Tests.Support;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.MLNet.Tests.Scoring;

public class BatchedScoringViewTests
{
    private static readonly string[] allColumns = ["Text", "Number", "Vector", "Doubled", "Pair"];

    private static IEnumerable<DataViewSchema.Column> Columns(BatchedScoringView view, params string[] names)
        => names.Select(name => view.Schema[name]);

    private static List<(string Text, float Number, int[] Vector, float Doubled, float[] Pair, DataViewRowId Id,
        long Batch, long Position)> ReadAll(DataViewRowCursor cursor)
    {
        var rows = new List<(string, float, int[], float, float[], DataViewRowId, long, long)>();
        var text = cursor.GetGetter<ReadOnlyMemory<char>>(cursor.Schema["Text"]);
        var number = cursor.GetGetter<float>(cursor.Schema["Number"]);
        var vector = cursor.GetGetter<VBuffer<int>>(cursor.Schema["Vector"]);
        var doubled = cursor.GetGetter<float>(cursor.Schema["Doubled"]);
        var pair = cursor.GetGetter<VBuffer<float>>(cursor.Schema["Pair"]);
        var id = cursor.GetIdGetter();
        ReadOnlyMemory<char> t = default;
        float n = 0, d = 0;
        VBuffer<int> v = default;
        VBuffer<float> p = default;
        DataViewRowId i = default;
        while (cursor.MoveNext())
        {
            text(ref t); number(ref n); vector(ref v); doubled(ref d); pair(ref p); id(ref i);
            rows.Add((t.ToString(), n, [.. v.DenseValues()], d, [.. p.DenseValues()], i, cursor.Batch, cursor.Position));
        }
        return rows;
    }

    [Theory]
    [InlineData(1, 10)]
    [InlineData(3, 10)]
    [InlineData(5, 10)]
    [InlineData(7, 10)]
    [InlineData(64, 10)]
    [InlineData(4, 0)]
    [InlineData(4, 1)]
    public void Rows_keep_their_order_and_their_own_values_for_every_batch_size(int batchSize, int rows)
    {
        var source = new CountingView(rows);
        var model = new DoublingModel();
        var view = new BatchedScoringView(source, model, batchSize);

        using (var cursor = view.GetRowCursor(view.Schema))
        {
            var read = ReadAll(cursor);

            Assert.Equal(rows, read.Count);
            for (var row = 0; row < rows; row++)
            {
                var (text, number, vector, doubled, pair, id, batch, position) = read[row];
                Assert.Equal($"row {row}", text);
                Assert.Equal(CountingView.Number(row), number);
                Assert.Equal(Enumerable.Repeat(row, row % 4), vector);
                Assert.Equal(2 * CountingView.Number(row), doubled);
                Assert.Equal([doubled, -doubled], pair);
                Assert.Equal((ulong)row, id.Low);
                Assert.Equal(row, batch);
                Assert.Equal(row, position);
            }
            Assert.Equal(-1, cursor.Position);
            Assert.False(cursor.MoveNext());
        }

        Assert.Equal((rows + batchSize - 1) / batchSize, model.Forwards);
        Assert.Equal(1, source.CursorsOpened);
        Assert.Equal(0, source.OpenCursors);
        Assert.Equal(0, model.OpenBatches);
    }

    [Fact]
    public void Every_value_is_read_from_the_source_once_besides_the_model_s_own_reading()
    {
        var source = new CountingView(10);
        var view = new BatchedScoringView(source, new DoublingModel(), 4);

        using var cursor = view.GetRowCursor(view.Schema);
        ReadAll(cursor);

        Assert.Equal(10, source.Reads["Text"]);
        Assert.Equal(10, source.Reads["Vector"]);
        Assert.Equal(20, source.Reads["Number"]);
    }

    [Fact]
    public void Nothing_is_scored_where_no_output_is_asked_for()
    {
        var source = new CountingView(10);
        var model = new DoublingModel();
        var view = new BatchedScoringView(source, model, 4);

        using var cursor = view.GetRowCursor(Columns(view, "Text"));
        var getter = cursor.GetGetter<ReadOnlyMemory<char>>(view.Schema["Text"]);
        ReadOnlyMemory<char> text = default;
        for (var row = 0; row < 10; row++)
        {
            Assert.True(cursor.MoveNext());
            getter(ref text);
            Assert.Equal($"row {row}", text.ToString());
        }

        Assert.False(cursor.MoveNext());
        Assert.Equal(0, model.Forwards);
        Assert.Equal(["Text"], source.Reads.Keys);
    }

    [Fact]
    public void A_batch_of_which_no_output_is_read_costs_no_forward_pass()
    {
        var model = new DoublingModel();
        var view = new BatchedScoringView(new CountingView(100), model, 10);

        using var cursor = view.GetRowCursor(view.Schema);
        var getter = cursor.GetGetter<float>(view.Schema["Doubled"]);
        float value = 0;
        while (cursor.MoveNext())
        {
            if (cursor.Position is 55 or 57)
                getter(ref value);
        }

        Assert.Equal(1, model.Forwards);
    }

    [Fact]
    public void A_cursor_left_half_way_reads_no_more_than_one_batch_ahead_and_closes_the_source()
    {
        var source = new CountingView(1000);
        var model = new DoublingModel();
        var view = new BatchedScoringView(source, model, 8);

        using (var cursor = view.GetRowCursor(view.Schema))
        {
            for (var i = 0; i < 9; i++)
                Assert.True(cursor.MoveNext());
        }

        Assert.Equal(16, source.RowsMoved);
        Assert.Equal(0, source.OpenCursors);
        Assert.Equal(0, model.OpenBatches);
    }

    [Fact]
    public void A_disposed_cursor_has_no_more_rows_and_may_be_disposed_again()
    {
        var view = new BatchedScoringView(new CountingView(10), new DoublingModel(), 4);
        var cursor = view.GetRowCursor(view.Schema);
        var getter = cursor.GetGetter<float>(view.Schema["Doubled"]);
        cursor.MoveNext();

        cursor.Dispose();
        cursor.Dispose();

        Assert.False(cursor.MoveNext());
        float value = 0;
        Assert.Throws<InvalidOperationException>(() => getter(ref value));
    }

    [Fact]
    public void Cursors_over_one_view_do_not_disturb_each_other()
    {
        var view = new BatchedScoringView(new CountingView(20), new DoublingModel(), 6);
        using var first = view.GetRowCursor(view.Schema);
        using var second = view.GetRowCursor(view.Schema);
        var a = first.GetGetter<float>(view.Schema["Doubled"]);
        var b = second.GetGetter<float>(view.Schema["Doubled"]);
        float x = 0, y = 0;

        Assert.True(first.MoveNext());
        while (second.MoveNext())
        {
            b(ref y);
            Assert.Equal(2 * CountingView.Number(second.Position), y);
            if (second.Position % 3 == 0 && first.MoveNext())
            {
                a(ref x);
                Assert.Equal(2 * CountingView.Number(first.Position), x);
            }
        }
    }

    [Fact]
    public void A_shuffled_cursor_keeps_rows_together()
    {
        var view = new BatchedScoringView(new CountingView(50), new DoublingModel(), 8);
        Assert.True(view.CanShuffle);

        using var cursor = view.GetRowCursor(view.Schema, new Random(1));
        var rows = ReadAll(cursor);

        Assert.Equal(Enumerable.Range(0, 50).Select(i => (ulong)i), rows.Select(row => row.Id.Low).Order());
        Assert.All(rows, row => Assert.Equal((2 * row.Number, $"row {row.Id.Low}"), (row.Doubled, row.Text)));
        Assert.NotEqual(rows.Select(row => row.Id.Low).Order(), rows.Select(row => row.Id.Low));
    }

    [Fact]
    public void A_cursor_set_is_one_cursor_over_all_rows_in_order()
    {
        var source = new CountingView(50);
        var view = new BatchedScoringView(source, new DoublingModel(), 8);

        using var cursor = Assert.Single(view.GetRowCursorSet(view.Schema, 3));

        Assert.Equal(Enumerable.Range(0, 50), ReadAll(cursor).Select(row => (int)row.Id.Low));
    }

    [Fact]
    public void A_fault_of_the_source_is_told_after_the_rows_before_it()
    {
        var view = new BatchedScoringView(new CountingView(10, failAt: 5), new DoublingModel(), 4);
        using var cursor = view.GetRowCursor(view.Schema);
        var getter = cursor.GetGetter<float>(view.Schema["Doubled"]);
        float value = 0;

        for (var row = 0; row < 5; row++)
        {
            Assert.True(cursor.MoveNext());
            getter(ref value);
            Assert.Equal(2 * CountingView.Number(row), value);
        }

        Assert.Throws<IOException>(() => cursor.MoveNext());
        Assert.Throws<IOException>(() => cursor.MoveNext());
    }

    [Fact]
    public void Getters_refuse_inactive_columns_wrong_types_and_rows_that_are_not_there()
    {
        var view = new BatchedScoringView(new CountingView(10), new DoublingModel(), 4);
        using var cursor = view.GetRowCursor(Columns(view, "Doubled"));

        Assert.Throws<ArgumentOutOfRangeException>(() => cursor.GetGetter<ReadOnlyMemory<char>>(view.Schema["Text"]));
        var wrongType = Assert.Throws<InvalidOperationException>(() => cursor.GetGetter<double>(view.Schema["Doubled"]));
        Assert.Contains("System.Double", wrongType.Message, StringComparison.Ordinal);
        float value = 0;
        var tooEarly = Assert.Throws<InvalidOperationException>(() => cursor.GetGetter<float>(view.Schema["Doubled"])(ref value));
        Assert.Contains("MoveNext", tooEarly.Message, StringComparison.Ordinal);
        Assert.False(cursor.IsColumnActive(view.Schema["Text"]));
        Assert.True(cursor.IsColumnActive(view.Schema["Doubled"]));
    }

    [Fact]
    public void The_schema_has_the_source_s_columns_first_and_the_row_count_is_the_source_s()
    {
        var view = new BatchedScoringView(new CountingView(10), new DoublingModel(), 4);

        Assert.Equal(allColumns, view.Schema.Select(column => column.Name));
        Assert.Equal(10, view.GetRowCount());
    }

    [Fact]
    public void ML_NET_s_own_operations_work_over_the_view()
    {
        var context = new MLContext(1);
        IDataView view = new BatchedScoringView(new CountingView(30), new DoublingModel(), 4);

        var cached = context.Data.Cache(context.Data.TakeRows(context.Data.SkipRows(view, 5), 10));
        var shuffled = context.Data.ShuffleRows(view, seed: 3);

        Assert.Equal(Enumerable.Range(5, 10).Select(i => 2 * CountingView.Number(i)), cached.GetColumn<float>("Doubled"));
        Assert.Equal(Enumerable.Range(0, 30).Select(i => 2 * CountingView.Number(i)), shuffled.GetColumn<float>("Doubled").Order());
        Assert.Equal(30, view.Preview(100).RowView.Length);
    }
}
