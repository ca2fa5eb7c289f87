using Bdia.MLNet.Internals;
using Microsoft.ML;

namespace Bdia.MLNet.Tests.Support;

/// <summary>Schema shapes as texts, so that two of them can be compared and a difference seen.</summary>
internal static class Shapes
{
    public static SchemaShape Of(DataViewSchema schema) => ColumnShapes.Of(schema);

    public static IEnumerable<string> Describe(SchemaShape shape) => shape.Select(Describe).Order(StringComparer.Ordinal);

    private static string Describe(SchemaShape.Column column)
        => $"{column.Name}: {column.Kind} {(column.IsKey ? "key " : "")}{column.ItemType} "
            + $"[{string.Join("; ", column.Annotations.Select(Describe).Order(StringComparer.Ordinal))}]";
}
