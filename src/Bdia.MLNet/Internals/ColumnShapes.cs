using Bdia.MLNet.Common;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.MLNet.Internals;

/// <summary>Schema shapes, which ML.NET lets nobody else make: what an estimator promises before it is fitted.</summary>
internal static class ColumnShapes
{
    /// <summary>The shape of a schema that is known in full.</summary>
    public static SchemaShape Of(DataViewSchema schema) => SchemaShape.Create(schema);

    public static SchemaShape.Column Scalar(string name, DataViewType item, bool isKey = false, params SchemaShape.Column[] annotations)
        => new(name, SchemaShape.Column.VectorKind.Scalar, item, isKey, new SchemaShape(annotations));

    public static SchemaShape.Column Vector(string name, DataViewType item, params SchemaShape.Column[] annotations)
        => new(name, SchemaShape.Column.VectorKind.Vector, item, false, new SchemaShape(annotations));

    /// <summary>The promise that <see cref="ScoreColumns.Annotate"/> keeps.</summary>
    public static SchemaShape.Column[] ScoreAnnotations =>
    [
        Scalar(ScoreColumns.SetId, NumberDataViewType.UInt32, isKey: true),
        Scalar(ScoreColumns.ColumnKind, TextDataViewType.Instance),
        Scalar(ScoreColumns.ValueKind, TextDataViewType.Instance),
    ];

    /// <summary>The promise that <see cref="ClassificationColumns.Columns"/> keeps, for a label column of which only the shape is known.</summary>
    public static IEnumerable<SchemaShape.Column> Classification(string predictedLabel, string score, SchemaShape.Column label)
    {
        var values = label.Annotations.Where(a => a.Name == KeyValues.AnnotationKind && a.Kind == SchemaShape.Column.VectorKind.Vector).ToArray();
        var names = values.SelectMany<SchemaShape.Column, SchemaShape.Column>(a =>
            [Vector(ScoreColumns.SlotNames, TextDataViewType.Instance), Vector(ScoreColumns.TrainingLabelValues, a.ItemType)]);
        yield return Scalar(predictedLabel, NumberDataViewType.UInt32, isKey: true, [.. ScoreAnnotations, .. values]);
        yield return Vector(score, NumberDataViewType.Single, [.. ScoreAnnotations, .. names]);
    }
}
