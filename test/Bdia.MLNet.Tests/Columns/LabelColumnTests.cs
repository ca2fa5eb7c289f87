using Bdia.MLNet.Columns;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.MLNet.Tests.Columns;

public class LabelColumnTests
{
    private sealed class KeyRow<T>(DataViewSchema schema, T key) : DataViewRow
    {
        public override DataViewSchema Schema => schema;

        public override long Position => 7;

        public override long Batch => 0;

        public override bool IsColumnActive(DataViewSchema.Column column) => true;

        public override ValueGetter<DataViewRowId> GetIdGetter() => throw new NotSupportedException();

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
            => (ValueGetter<TValue>)(Delegate)(ValueGetter<T>)((ref T value) => value = key);
    }

    private static long Read<T>(T key)
    {
        var builder = new DataViewSchema.Builder();
        builder.AddColumn("Label", new KeyDataViewType(typeof(T), 4));
        var schema = builder.ToSchema();
        return LabelColumn.Of(schema, "Label").Reader(new KeyRow<T>(schema, key))();
    }

    [Fact]
    public void Keys_of_every_raw_type_count_from_one_and_zero_is_missing()
    {
        Assert.Equal([0, 1, 2, 3], new[] { Read((byte)1), Read((ushort)2), Read(3u), Read(4UL) });
        Assert.Equal(LabelColumn.MissingLabel, Read(0u));
    }

    [Fact]
    public void A_label_beyond_the_range_of_its_key_is_told_by_row_value_and_range()
    {
        var error = Assert.Throws<InvalidDataException>(() => Read(5u));

        Assert.StartsWith("Row 7: the label in column 'Label' is key 5, but the key type ends at 4.", error.Message,
            StringComparison.Ordinal);
        Assert.Throws<InvalidDataException>(() => Read(ulong.MaxValue));
    }
}
