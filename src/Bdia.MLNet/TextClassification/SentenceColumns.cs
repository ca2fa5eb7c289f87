using Bdia.MLNet.Columns;
using Bdia.MLNet.Texts;
using Microsoft.ML.Data;
using Microsoft.ML;

namespace Bdia.MLNet.TextClassification;

/// <summary>The columns that a text classifier reads: one text, or two.</summary>
/// <param name="First">Name of the first.</param>
/// <param name="Second">Name of the second; null where there is one.</param>
internal sealed record SentenceColumns(string First, string? Second)
{
    private const string FirstRole = "sentence 1", SecondRole = "sentence 2";

    public IEnumerable<ColumnRequirement> Requirements => Second is null ? [TextColumn.Requirement(FirstRole, First)]
        : [TextColumn.Requirement(FirstRole, First), TextColumn.Requirement(SecondRole, Second)];

    public IReadOnlyList<DataViewSchema.Column> Find(DataViewSchema schema) => Second is null
        ? [TextColumn.Find(schema, FirstRole, First)]
        : [TextColumn.Find(schema, FirstRole, First), TextColumn.Find(schema, SecondRole, Second)];

    /// <summary>A function that gives the texts of the current row.</summary>
    public Func<(string First, string? Second)> Reader(DataViewRow row)
    {
        var columns = Find(row.Schema);
        var first = row.GetGetter<ReadOnlyMemory<char>>(columns[0]);
        var second = columns.Count > 1 ? row.GetGetter<ReadOnlyMemory<char>>(columns[1]) : null;
        ReadOnlyMemory<char> value = default;
        return () =>
        {
            first(ref value);
            var text = value.ToString();
            if (second is null)
                return (text, null);
            second(ref value);
            return (text, value.ToString());
        };
    }
}
