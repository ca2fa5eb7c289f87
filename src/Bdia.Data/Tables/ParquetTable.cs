using Parquet;
using Parquet.Schema;

namespace Bdia.Data.Tables;

/// <summary>
/// A Parquet file, read a row group at a time. Fields of a struct are columns by themselves, image.bytes say; lists are left out.
/// </summary>
internal sealed class ParquetTable : Table
{
    private readonly DataField[] fields;

    private ParquetTable(string path, DataField[] fields)
        : base(path, [.. fields.Select(field => new TableColumn(Name(field), ParquetColumn.Type(field)))]) => this.fields = fields;

    public static ParquetTable Open(string path)
    {
        using var file = Opened(path);
        DataField[] fields = [.. file.Reader.Schema.DataFields.Where(field => field.MaxRepetitionLevel == 0)];
        if (fields.Length == 0) throw new InputException($"{path} has no column of single values. Give a file with texts or pictures.");
        if (file.Reader.RowGroupCount == 0) throw new InputException($"{path} has no rows. Give a file with rows.");
        return new ParquetTable(path, fields);
    }

    public override IEnumerable<TableRow> Rows()
    {
        using var file = Opened(Path);
        var number = 0L;
        for (var group = 0; group < file.Reader.RowGroupCount; group++)
        {
            var columns = Group(file.Reader, group, out var count);
            for (var row = 0; row < count; row++)
            {
                var at = row;
                yield return new(++number, [.. columns.Select(column => column.GetValue(at))]);
            }
        }
    }

    private Array[] Group(ParquetReader reader, int group, out int count)
    {
        try
        {
            using var rows = reader.OpenRowGroupReader(group);
            count = checked((int)rows.RowCount);
            var size = count;
            return [.. fields.Select(field => ParquetColumn.Read(rows, field, size))];
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            throw new InputException($"{Path}, row group {group + 1}: it cannot be read ({fault.Message.TrimEnd('.')}). Fetch the file "
                + "again, or write it anew.", fault);
        }
    }

    private static OpenFile Opened(string path)
    {
        try
        {
            return new(ParquetReader.CreateAsync(path).GetAwaiter().GetResult());
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            throw new InputException($"{path} is no whole Parquet file ({fault.Message.TrimEnd('.')}). Fetch it again.", fault);
        }
    }

    private static string Name(DataField field) => field.Path.ToString().Replace('/', '.');

    // The reader has an asynchronous end alone.
    private sealed record OpenFile(ParquetReader Reader) : IDisposable
    {
        public void Dispose() => Reader.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
