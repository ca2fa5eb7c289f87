using System.Globalization;
using CsvHelper;
using CsvHelper.Configuration;

namespace Bdia.Data.Tables;

/// <summary>
/// Rows in lines: columns separated by tabs, which nothing quotes, or by commas, quoted as RFC 4180 has it.
/// </summary>
internal sealed class DelimitedTable : Table
{
    private readonly Func<string, IEnumerable<string[]>> read;
    private readonly bool hasHeader;

    private DelimitedTable(string path, IReadOnlyList<TableColumn> columns, Func<string, IEnumerable<string[]>> read, bool hasHeader)
        : base(path, columns)
    {
        this.read = read;
        this.hasHeader = hasHeader;
    }

    public static Table Tabs(string path, bool hasHeader)
        => Create(path, hasHeader, file => TextStream.Lines(file).Where(line => line.Length > 0).Select(line => line.Split('\t')));

    public static Table Commas(string path, bool hasHeader) => Create(path, hasHeader, Records);

    public override IEnumerable<TableRow> Rows()
    {
        var number = 0L;
        foreach (var values in TextStream.Guarded(Path, read(Path)).Skip(hasHeader ? 1 : 0))
        {
            var fault = values.Length == Columns.Count ? null
                : $"it has {values.Length} column(s) where {Columns.Count} are called for";
            yield return new(++number, fault is null ? values
                : [.. values.Take(Columns.Count).Cast<object?>(), .. new object?[Math.Max(0, Columns.Count - values.Length)]], fault);
        }
    }

    private static DelimitedTable Create(string path, bool hasHeader, Func<string, IEnumerable<string[]>> read)
    {
        string[][] first = [.. TextStream.Guarded(path, read(path)).Take(hasHeader ? 2 : 1)];
        if (first.Length < (hasHeader ? 2 : 1))
            throw new InputException($"{path} has no rows{(hasHeader && first.Length == 1 ? ", only a line of names" : "")}. Give a file "
                + "with rows.");
        var names = hasHeader ? first[0].Select(name => name.Trim()) : first[0].Select((_, i) => i.ToString(CultureInfo.InvariantCulture));
        TableColumn[] columns = [.. names.Select(name => new TableColumn(name, typeof(string)))];
        if (columns.GroupBy(column => column.Name).FirstOrDefault(group => group.Count() > 1) is { Key: var twice })
            throw new InputException($"{path} has two columns \"{twice}\" in its first line. Give each a name of its own, or say that "
                + "there is no line of names.");
        return new(path, columns, read, hasHeader);
    }

    private static IEnumerable<string[]> Records(string path)
    {
        using var reader = TextStream.Open(path);
        using var parser = new CsvParser(reader, new CsvConfiguration(CultureInfo.InvariantCulture) { BadDataFound = null });
        while (parser.Read()) yield return parser.Record!;
    }
}
