using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Bdia.Data.Files;
using CsvHelper;
using CsvHelper.Configuration;
using Parquet;
using Parquet.Schema;

namespace Bdia.Data.Tables;

/// <summary>
/// Writes tables: .tsv, .csv, .jsonl (plain or .gz) or .parquet, by the file's ending; at once, or in parts that are joined when all are
/// there.
/// </summary>
/// <remarks>Tabs and line breaks within the values of a .tsv file become spaces: the other formats keep them.</remarks>
public static class TableFile
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);
    private static readonly CsvConfiguration Csv = new(CultureInfo.InvariantCulture)
    {
        NewLine = "\n",
        // A carriage return alone is the end of a line for many readers.
        ShouldQuote = value => value.Field is { Length: > 0 } field
            && (field.AsSpan().IndexOfAny(",\"\r\n") >= 0 || field[0] == ' ' || field[^1] == ' '),
    };

    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a table, whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="columns">Its columns; types matter to Parquet alone.</param>
    /// <param name="rows">Rows with a value for each column, null where there is none.</param>
    /// <exception cref="InputException">The ending is none of a table's.</exception>
    /// <exception cref="OutputException">There is no room, or the folder cannot be written to.</exception>
    public static void Write(string path, IReadOnlyList<TableColumn> columns, IEnumerable<IReadOnlyList<object?>> rows)
    {
        var format = Format(path);
        WholeFile.Write(path, file => Packed(path, file, stream =>
        {
            if (format == TableFormat.Parquet) Parquet(stream, columns, [rows]);
            else
            {
                Header(stream, format, columns);
                Lines(stream, format, columns, rows);
            }
        }));
    }

    /// <summary>Writes some rows of a table, for <see cref="Join"/>.</summary>
    /// <param name="path">The part.</param>
    /// <param name="table">The file that it will be part of, which tells the format.</param>
    /// <param name="columns">The table's columns.</param>
    /// <param name="rows">The rows.</param>
    /// <exception cref="InputException">As for <see cref="Write"/>.</exception>
    /// <exception cref="OutputException">As for <see cref="Write"/>.</exception>
    public static void WritePart(string path, string table, IReadOnlyList<TableColumn> columns, IEnumerable<IReadOnlyList<object?>> rows)
    {
        var format = Format(table);
        WholeFile.Write(path, stream =>
        {
            if (format == TableFormat.Parquet) Parquet(stream, columns, [rows]);
            else Lines(stream, format, columns, rows);
        });
    }

    /// <summary>Makes a table of its parts, whole or not at all.</summary>
    /// <param name="path">The table.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="parts">The parts in their order, as <see cref="WritePart"/> wrote them.</param>
    /// <exception cref="InputException">As for <see cref="Write"/>.</exception>
    /// <exception cref="OutputException">As for <see cref="Write"/>.</exception>
    public static void Join(string path, IReadOnlyList<TableColumn> columns, IReadOnlyList<string> parts)
    {
        var format = Format(path);
        WholeFile.Write(path, file => Packed(path, file, stream =>
        {
            if (format == TableFormat.Parquet)
            {
                Parquet(stream, columns, parts.Select(part => ParquetTable.Open(part).Rows().Select(row => row.Values)));
                return;
            }

            Header(stream, format, columns);
            foreach (var part in parts)
            {
                using var rows = File.OpenRead(part);
                rows.CopyTo(stream);
            }
        }));
    }

    private static TableFormat Format(string path) => TableFormats.Of(path)
        ?? throw new InputException($"{path} is no name of a table. Let it end in .tsv, .csv, .jsonl or .parquet.");

    private static void Packed(string path, Stream file, Action<Stream> write)
    {
        if (!path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase))
        {
            write(file);
            return;
        }

        using var packed = new GZipStream(file, CompressionLevel.Optimal, leaveOpen: true);
        write(packed);
    }

    private static void Header(Stream stream, TableFormat format, IReadOnlyList<TableColumn> columns)
    {
        if (format != TableFormat.JsonLines) Lines(stream, format, columns, [[.. columns.Select(column => column.Name)]]);
    }

    private static void Lines(Stream stream, TableFormat format, IReadOnlyList<TableColumn> columns,
        IEnumerable<IReadOnlyList<object?>> rows)
    {
        if (format == TableFormat.JsonLines)
        {
            foreach (var row in rows) Line(stream, columns, row);
            return;
        }

        using var writer = new StreamWriter(stream, Utf8, leaveOpen: true) { NewLine = "\n" };
        if (format == TableFormat.Tabs)
        {
            foreach (var row in rows) writer.WriteLine(string.Join('\t', row.Select(value => Flat(Text(value)))));
            return;
        }

        using var csv = new CsvWriter(writer, Csv, leaveOpen: true);
        foreach (var row in rows)
        {
            foreach (var value in row) csv.WriteField(Text(value));
            csv.NextRecord();
        }
    }

    private static void Line(Stream stream, IReadOnlyList<TableColumn> columns, IReadOnlyList<object?> row)
    {
        using (var writer = new Utf8JsonWriter(stream, Json))
        {
            writer.WriteStartObject();
            for (var i = 0; i < columns.Count; i++)
            {
                writer.WritePropertyName(columns[i].Name);
                switch (row[i])
                {
                    case null: writer.WriteNullValue(); break;
                    case JsonText text: writer.WriteRawValue(text.Json); break;
                    case bool value: writer.WriteBooleanValue(value); break;
                    case float value when float.IsFinite(value): writer.WriteNumberValue(value); break;
                    case double value when double.IsFinite(value): writer.WriteNumberValue(value); break;
                    case float or double: writer.WriteNullValue(); break;
                    case int or long: writer.WriteNumberValue(Convert.ToInt64(row[i], CultureInfo.InvariantCulture)); break;
                    case byte[] value: writer.WriteBase64StringValue(value); break;
                    default: writer.WriteStringValue(Text(row[i])); break;
                }
            }

            writer.WriteEndObject();
        }

        stream.WriteByte((byte)'\n');
    }

    private static void Parquet(Stream stream, IReadOnlyList<TableColumn> columns, IEnumerable<IEnumerable<IReadOnlyList<object?>>> groups)
    {
        DataField[] fields = [.. columns.Select(column => new DataField(column.Name, column.Type, isNullable: true))];
        var writer = ParquetWriter.CreateAsync(new ParquetSchema(fields.Cast<Field>()), stream).GetAwaiter().GetResult();
        try
        {
            foreach (var group in groups)
            {
                var rows = group.ToArray();
                using var into = writer.CreateRowGroup();
                for (var i = 0; i < fields.Length; i++)
                {
                    var column = i;
                    ParquetColumn.Write(into, fields[i], [.. rows.Select(row => row[column])]);
                }
            }
        }
        finally
        {
            writer.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    private static string Text(object? value) => new TableRow(0, [value]).Text(0);

    private static string Flat(string text) => text.AsSpan().IndexOfAny('\t', '\n', '\r') < 0 ? text
        : text.Replace("\r\n", " ", StringComparison.Ordinal).Replace('\t', ' ').Replace('\n', ' ').Replace('\r', ' ');
}
