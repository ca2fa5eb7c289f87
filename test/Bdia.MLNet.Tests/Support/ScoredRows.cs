using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.MLNet.Tests.Support;

/// <summary>What a model added to some rows, as plain values that can be compared.</summary>
internal sealed record ScoredRows(IReadOnlyList<object[]> Rows)
{
    /// <summary>Reads the named columns: numbers and keys as they are, texts as strings, vectors as arrays.</summary>
    public static ScoredRows Of(IDataView view, params string[] columns)
    {
        using var cursor = view.GetRowCursor(columns.Select(name => view.Schema[name]));
        return Of(cursor, columns);
    }

    public static ScoredRows Of(DataViewRowCursor cursor, params string[] columns)
    {
        var readers = columns.Select(name => Reader(cursor, cursor.Schema[name])).ToArray();
        var rows = new List<object[]>();
        while (cursor.MoveNext())
            rows.Add([.. readers.Select(read => read())]);
        return new ScoredRows(rows);
    }

    public static Func<object> Reader(DataViewRow row, DataViewSchema.Column column)
    {
        if (column.Type is TextDataViewType)
        {
            var text = row.GetGetter<ReadOnlyMemory<char>>(column);
            return () => { ReadOnlyMemory<char> value = default; text(ref value); return value.ToString(); };
        }
        if (column.Type is KeyDataViewType)
        {
            var key = row.GetGetter<uint>(column);
            return () => { uint value = 0; key(ref value); return value; };
        }
        if (column.Type is VectorDataViewType { ItemType: TextDataViewType })
        {
            var texts = row.GetGetter<VBuffer<ReadOnlyMemory<char>>>(column);
            return () => { VBuffer<ReadOnlyMemory<char>> value = default; texts(ref value);
                return value.DenseValues().Select(text => text.ToString()).ToArray(); };
        }
        if (column.Type is VectorDataViewType)
        {
            var vector = row.GetGetter<VBuffer<float>>(column);
            return () => { VBuffer<float> value = default; vector(ref value); return value.DenseValues().ToArray(); };
        }
        if (column.Type is BooleanDataViewType)
        {
            var truth = row.GetGetter<bool>(column);
            return () => { bool value = false; truth(ref value); return value; };
        }
        var number = row.GetGetter<float>(column);
        return () => { float value = 0; number(ref value); return value; };
    }

    public void AssertEqual(ScoredRows other) => AssertClose(other, 0);

    /// <summary>Numbers may differ by <paramref name="tolerance"/>, nothing else by anything.</summary>
    public void AssertClose(ScoredRows other, double tolerance)
    {
        Assert.Equal(Rows.Count, other.Rows.Count);
        for (var row = 0; row < Rows.Count; row++)
        {
            for (var column = 0; column < Rows[row].Length; column++)
            {
                if (tolerance == 0 || Rows[row][column] is not (float or float[]))
                    Assert.Equal(Rows[row][column], other.Rows[row][column]);
                else
                    Assert.All(Numbers(row, column).Zip(other.Numbers(row, column)),
                        pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, tolerance));
            }
        }
    }

    private float[] Numbers(int row, int column) => Rows[row][column] as float[] ?? [(float)Rows[row][column]];
}
