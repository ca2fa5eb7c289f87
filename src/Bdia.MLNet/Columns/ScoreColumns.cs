using Bdia.MLNet.Internals;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.MLNet.Columns;

/// <summary>
/// The annotations by which ML.NET's evaluators find and name the columns that a trainer adds, as its own trainers give them.
/// </summary>
internal static class ScoreColumns
{
    public const string MulticlassKind = "MulticlassClassification";
    public const string SlotNames = "SlotNames";
    public const string TrainingLabelValues = "TrainingLabelValues";
    public const string SetId = "ScoreColumnSetId";
    public const string ColumnKind = "ScoreColumnKind";
    public const string ValueKind = "ScoreValueKind";

    private static readonly KeyDataViewType setIdType = new(typeof(uint), int.MaxValue);

    /// <summary>
    /// What every column that a trainer adds carries: a set number above all in the schema, the task, and the role of the column.
    /// </summary>
    public static void Annotate(DataViewSchema.Annotations.Builder annotations, DataViewSchema source, string columnKind, string valueKind)
    {
        var id = checked(HighestSetId(source) + 1);
        annotations.Add(SetId, setIdType, (ref uint value) => value = id);
        AddText(annotations, ColumnKind, columnKind);
        AddText(annotations, ValueKind, valueKind);
    }

    /// <summary>The promise that <see cref="Annotate"/> keeps.</summary>
    public static SchemaShape.Column[] Shapes =>
    [
        ColumnShapes.Scalar(SetId, NumberDataViewType.UInt32, isKey: true),
        ColumnShapes.Scalar(ColumnKind, TextDataViewType.Instance),
        ColumnShapes.Scalar(ValueKind, TextDataViewType.Instance),
    ];

    private static uint HighestSetId(DataViewSchema schema)
    {
        uint highest = 0;
        foreach (var column in schema)
        {
            if (column.Annotations.Schema.GetColumnOrNull(SetId)?.Type is not KeyDataViewType { RawType: var raw } || raw != typeof(uint))
                continue;
            uint id = 0;
            column.Annotations.GetValue(SetId, ref id);
            highest = Math.Max(highest, id);
        }
        return highest;
    }

    private static void AddText(DataViewSchema.Annotations.Builder annotations, string kind, string text)
        => annotations.Add(kind, TextDataViewType.Instance, (ref ReadOnlyMemory<char> value) => value = text.AsMemory());
}
