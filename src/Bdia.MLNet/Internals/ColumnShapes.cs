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

    /// <summary>The same column with one annotation more.</summary>
    public static SchemaShape.Column With(SchemaShape.Column column, SchemaShape.Column annotation)
        => new(column.Name, column.Kind, column.ItemType, column.IsKey, new SchemaShape([.. column.Annotations, annotation]));

    /// <summary>Of vectors that are as long as they come.</summary>
    public static SchemaShape.Column VariableVector(string name, DataViewType item, params SchemaShape.Column[] annotations)
        => new(name, SchemaShape.Column.VectorKind.VariableVector, item, false, new SchemaShape(annotations));

    public static SchemaShape.Column Vector(string name, DataViewType item, params SchemaShape.Column[] annotations)
        => new(name, SchemaShape.Column.VectorKind.Vector, item, false, new SchemaShape(annotations));
}
