using Bdia.MLNet.Columns;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.MLNet.Texts;

/// <summary>A column of texts that a model reads.</summary>
internal static class TextColumn
{
    /// <summary>That there is such a column.</summary>
    /// <param name="role">What the column is for.</param>
    /// <param name="name">Its name.</param>
    public static ColumnRequirement Requirement(string role, string name) => new(role, name, TextDataViewType.Instance.ToString(),
        column => column is { Kind: SchemaShape.Column.VectorKind.Scalar, ItemType: TextDataViewType },
        "The column must hold texts; ConvertType turns other scalars into texts.");

    /// <exception cref="ArgumentOutOfRangeException">The column is missing or of another type.</exception>
    public static DataViewSchema.Column Find(DataViewSchema schema, string role, string name)
    {
        Requirement(role, name).Check(schema);
        return schema[name];
    }
}
