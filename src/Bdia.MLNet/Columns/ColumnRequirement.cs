using Bdia.MLNet.Internals;
using Microsoft.ML;

namespace Bdia.MLNet.Columns;

/// <summary>A column that must be in the input, and what it must hold. Faults are told in the words of ML.NET's own trainers.</summary>
/// <param name="Role">What the column is for: feature, label.</param>
/// <param name="Name">The column's name.</param>
/// <param name="Expected">The types that will do, as ML.NET writes them.</param>
/// <param name="IsMet">Whether a column that is there will do.</param>
/// <param name="Advice">A sentence that says how to get there from the column that is there.</param>
/// <param name="WhenMissing">A sentence that says what may have become of the column, or nothing.</param>
internal sealed record ColumnRequirement(
    string Role, string Name, string Expected, Predicate<SchemaShape.Column> IsMet, Func<SchemaShape.Column,
        string> Advice, string WhenMissing = "")
{
    /// <summary>A requirement with one advice for columns of all other types.</summary>
    public ColumnRequirement(string role, string name, string expected, Predicate<SchemaShape.Column> isMet, string advice)
        : this(role, name, expected, isMet, _ => advice)
    {
    }

    public SchemaShape.Column Check(DataViewSchema schema) => Check(ColumnShapes.Of(schema));

    /// <exception cref="ArgumentOutOfRangeException">The column is missing or of another type.</exception>
    public SchemaShape.Column Check(SchemaShape inputSchema)
    {
        var column = inputSchema.FirstOrDefault(candidate => candidate.Name == Name);
        if (column.Name is null)
            throw new ArgumentOutOfRangeException(nameof(inputSchema),
                $"Could not find {Role} column '{Name}'{(WhenMissing.Length > 0 ? $". {WhenMissing}" : "")}");
        if (!IsMet(column))
            throw new ArgumentOutOfRangeException(nameof(inputSchema),
                $"Schema mismatch for {Role} column '{Name}': expected {Expected}, got {TypeText(column)}. {Advice(column)}");
        return column;
    }

    private static string TypeText(SchemaShape.Column column)
    {
        var item = column.IsKey ? $"Key<{column.ItemType}>" : column.ItemType.ToString();
        return column.Kind switch
        {
            SchemaShape.Column.VectorKind.Vector => $"Vector<{item}>",
            SchemaShape.Column.VectorKind.VariableVector => $"VarVector<{item}>",
            _ => item!,
        };
    }
}
