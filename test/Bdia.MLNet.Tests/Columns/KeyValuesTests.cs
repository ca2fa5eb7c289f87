using System.Text.Json;
using Bdia.MLNet.Columns;
using CsCheck;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.MLNet.Tests.Columns;

public class KeyValuesTests
{
    private static DataViewSchema.Column KeyColumn<T>(PrimitiveDataViewType type, params T[] values)
    {
        var annotations = new DataViewSchema.Annotations.Builder();
        var buffer = new VBuffer<T>(values.Length, values);
        annotations.Add(KeyValues.AnnotationKind, new VectorDataViewType(type, values.Length),
            (ref VBuffer<T> value) => buffer.CopyTo(ref value));
        var schema = new DataViewSchema.Builder();
        schema.AddColumn("Label", new KeyDataViewType(typeof(uint), values.Length), annotations.ToAnnotations());
        return schema.ToSchema()["Label"];
    }

    private static void AssertSurvives<T>(PrimitiveDataViewType type, params T[] values)
    {
        using var document = JsonDocument.Parse(KeyValues.Of(KeyColumn(type, values))!.ToJson().ToJsonString());
        var builder = new DataViewSchema.Annotations.Builder();
        KeyValues.FromJson(document.RootElement).Annotate(builder, "Kept");
        var annotations = builder.ToAnnotations();

        VBuffer<T> kept = default;
        annotations.GetValue("Kept", ref kept);
        Assert.Equal(new VectorDataViewType(type, values.Length), annotations.Schema["Kept"].Type);
        if (typeof(T) == typeof(ReadOnlyMemory<char>))
            Assert.Equal(values.Select(value => value!.ToString()), kept.DenseValues().Select(value => value!.ToString()));
        else
            Assert.Equal(values, kept.DenseValues());
    }

    [Fact]
    public void Values_of_every_type_survive()
    {
        AssertSurvives(TextDataViewType.Instance, "cat".AsMemory(), "chien \"é\" \\u0041 \\".AsMemory(),
            "".AsMemory(), "日本 😀\n".AsMemory());
        AssertSurvives(BooleanDataViewType.Instance, true, false);
        AssertSurvives(NumberDataViewType.SByte, sbyte.MinValue, (sbyte)5);
        AssertSurvives(NumberDataViewType.Byte, byte.MaxValue, (byte)0);
        AssertSurvives(NumberDataViewType.Int16, short.MinValue, (short)7);
        AssertSurvives(NumberDataViewType.UInt16, ushort.MaxValue, (ushort)7);
        AssertSurvives(NumberDataViewType.Int32, int.MinValue, 7, int.MaxValue);
        AssertSurvives(NumberDataViewType.UInt32, uint.MaxValue, 7u);
        AssertSurvives(NumberDataViewType.Int64, long.MinValue, 7L);
        AssertSurvives(NumberDataViewType.UInt64, ulong.MaxValue, 7UL);
        AssertSurvives(NumberDataViewType.Single, 0.1f, float.Epsilon, -0f, float.NaN, float.PositiveInfinity, float.MaxValue);
        AssertSurvives(NumberDataViewType.Double, 0.1, double.Epsilon, double.NaN, double.NegativeInfinity);
        AssertSurvives(TimeSpanDataViewType.Instance, TimeSpan.MinValue, new TimeSpan(1, 2, 3, 4, 5));
        AssertSurvives(DateTimeDataViewType.Instance, new DateTime(2024, 2, 29, 23, 59, 59, DateTimeKind.Utc).AddTicks(1),
            new DateTime(1, 1, 1));
        AssertSurvives(DateTimeOffsetDataViewType.Instance,
            new DateTimeOffset(2024, 2, 29, 1, 2, 3, TimeSpan.FromMinutes(-90)).AddTicks(7));
        AssertSurvives(RowIdDataViewType.Instance, new DataViewRowId(ulong.MaxValue, 1), new DataViewRowId(0, ulong.MaxValue));
    }

    [Fact]
    public void Any_text_survives_even_half_a_surrogate_pair()
        => Gen.Char.Array.Sample(chars => AssertSurvives(TextDataViewType.Instance, (ReadOnlyMemory<char>)chars));

    [Fact]
    public void Texts_for_people_are_the_values_as_they_are_written()
    {
        Assert.Equal(["a\\b", "c"], KeyValues.Of(KeyColumn(TextDataViewType.Instance, "a\\b".AsMemory(), "c".AsMemory()))!.Texts);
        Assert.Equal(["-3", "12"], KeyValues.Of(KeyColumn(NumberDataViewType.Int32, -3, 12))!.Texts);
        Assert.Equal(["true", "false"], KeyValues.Of(KeyColumn(BooleanDataViewType.Instance, true, false))!.Texts);
    }

    [Fact]
    public void A_key_without_values_has_none()
    {
        var schema = new DataViewSchema.Builder();
        schema.AddColumn("Label", new KeyDataViewType(typeof(uint), 4));

        Assert.Null(KeyValues.Of(schema.ToSchema()["Label"]));
    }

    [Theory]
    [InlineData("""{"type":"Colour","values":["1"]}""", "Colour")]
    [InlineData("""{"type":"Int32","values":["one"]}""", "one")]
    [InlineData("""{"type":"String","values":["\\x"]}""", "escape")]
    public void Json_that_is_none_of_ours_is_refused_with_a_reason(string json, string fact)
        => Assert.Contains(fact, Assert.Throws<FormatException>(
            () => KeyValues.FromJson(JsonSerializer.Deserialize<JsonElement>(json))).Message, StringComparison.Ordinal);
}
