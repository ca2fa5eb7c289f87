using System.Globalization;

namespace Bdia.Data.Tables;

/// <summary>A file of rows with named columns, which is read row by row, as often as is asked for.</summary>
public abstract class Table
{
    private protected Table(string path, IReadOnlyList<TableColumn> columns)
    {
        Path = path;
        Columns = columns;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Its columns, in their order.</summary>
    public IReadOnlyList<TableColumn> Columns { get; }

    /// <summary>Whether a file may be one: .tsv, .tab, .txt, .csv, .jsonl, .ndjson (all also .gz) or .parquet.</summary>
    /// <param name="path">Its name.</param>
    /// <returns>Whether its ending is one of these.</returns>
    public static bool Accepts(string path) => TableFormats.Of(path) is not null;

    /// <summary>Opens a file: its ending tells what it is.</summary>
    /// <param name="path">A .tsv, .tab, .txt or .csv file in UTF-8, a .jsonl or .ndjson file with an object in each line, all of them
    /// plain or .gz, or a .parquet file.</param>
    /// <param name="hasHeader">Whether the first line of a .tsv, .tab, .txt or .csv file has the names of the columns; where not, the names
    /// are 0, 1, 2 and so on.</param>
    /// <returns>The table; its rows are read when they are asked for.</returns>
    /// <exception cref="InputException">It is not there, is none of these, has no rows, or is damaged.</exception>
    public static Table Open(string path, bool hasHeader = true)
    {
        ArgumentNullException.ThrowIfNull(path);
        var format = TableFormats.Of(path) ?? throw new InputException(
            $"{path} is no table. It takes .tsv, .csv or .jsonl (plain or .gz), or .parquet.");
        if (!File.Exists(path)) throw new InputException($"There is no file {path}. Check the path.");
        return format switch
        {
            TableFormat.Tabs => DelimitedTable.Tabs(path, hasHeader),
            TableFormat.Commas => DelimitedTable.Commas(path, hasHeader),
            TableFormat.JsonLines => JsonLinesTable.Open(path),
            _ => ParquetTable.Open(path),
        };
    }

    /// <summary>The rows in their order. A row that is not as the others are has a <see cref="TableRow.Fault"/>.</summary>
    /// <returns>Rows, read as they are asked for.</returns>
    /// <exception cref="InputException">The file is damaged beyond single rows.</exception>
    public abstract IEnumerable<TableRow> Rows();

    /// <summary>Where a column stands.</summary>
    /// <param name="column">Its name, or where there is none of that name its number, 0 for the first.</param>
    /// <returns>Its index.</returns>
    /// <exception cref="InputException">There is no such column; the message lists those that there are.</exception>
    public int Index(string column)
    {
        for (var i = 0; i < Columns.Count; i++)
            if (Columns[i].Name == column) return i;
        if (int.TryParse(column, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < Columns.Count) return number;
        throw new InputException($"{Path} has no column \"{column}\". It has {Names()}. Give one of them.");
    }

    /// <summary>The column of one of these names, whatever their case.</summary>
    /// <param name="names">Names, the most likely first.</param>
    /// <returns>The name as the table has it; null where it has none of them.</returns>
    public string? Find(params IEnumerable<string> names) => names.Select(name => Columns.FirstOrDefault(column =>
        column.Name.Equals(name, StringComparison.OrdinalIgnoreCase))?.Name).FirstOrDefault(name => name is not null);

    internal string Names() => string.Join(", ", Columns.Take(20).Select(column => $"\"{column.Name}\""))
        + (Columns.Count > 20 ? $" and {Columns.Count - 20} more" : "");
}
