using __NAME___Model;
using Bdia.Data;
using Bdia.Data.Tables;

namespace __NAME___Batch;

/// <summary>Reads what is to be scored: a table with a column of texts.</summary>
internal static class Items
{
    private static readonly string[] Names = ["Source", "Text", "sentence"];

    public static (IReadOnlyList<TableColumn> Columns, IEnumerable<(IReadOnlyList<object?> Values, __NAME__.ModelInput? Input)> Rows) Open(
        string path)
    {
        var table = Table.Open(path);
        var column = table.Index(table.Find(Names) ?? throw new InputException(
            $"{path} has no column {string.Join(", ", Names)}. Name the column of texts so."));
        return (table.Columns, table.Rows().Select(row => (row.Values, row.Fault is null && !string.IsNullOrWhiteSpace(row.Text(column))
            ? new __NAME__.ModelInput { Source = row.Text(column) } : null)));
    }
}
