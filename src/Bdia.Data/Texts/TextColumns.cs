using Bdia.Data.Tables;

namespace Bdia.Data.Texts;

/// <summary>Finds columns of texts in tables, and the rows that have a text in each of them.</summary>
internal static class TextColumns
{
    public static int Index(Table table, string? column, string what, IReadOnlyList<string> names)
        => table.Index(column ?? table.Find(names) ?? throw new InputException(
            $"{table.Path} has no column of {what} that is known by its name; it has {table.Names()}. Name one."));

    public static IEnumerable<TableRow> Rows(Table table, List<string> leftOut, params int[] columns)
    {
        var any = false;
        foreach (var row in table.Rows())
        {
            var empty = row.Fault is null ? Array.FindIndex(columns, column => string.IsNullOrWhiteSpace(row.Text(column))) : -1;
            if (row.Fault is not null) leftOut.Add($"row {row.Number:N0}: {row.Fault}");
            else if (empty >= 0) leftOut.Add($"row {row.Number:N0}: column \"{table.Columns[columns[empty]].Name}\" is empty");
            else
            {
                any = true;
                yield return row;
            }
        }

        if (!any)
            throw new InputException($"{table.Path} has no row that can be used; of {leftOut.Count:N0} rows, {leftOut.FirstOrDefault()}. "
                + "Check its columns.");
    }
}
