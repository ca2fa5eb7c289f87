using System.Text.Json;

namespace Bdia.Data.Tables;

/// <summary>A JSON object in each line. The columns are the names of the first hundred; others are left out.</summary>
internal sealed class JsonLinesTable : Table
{
    private const int Looked = 100;

    private JsonLinesTable(string path, IReadOnlyList<TableColumn> columns) : base(path, columns)
    {
    }

    public static Table Open(string path)
    {
        var (names, rows) = (new List<string>(), 0);
        foreach (var line in Lines(path).Take(Looked))
        {
            rows++;
            if (Parsed(line, out _) is not { } document) continue;
            using (document)
                names.AddRange(document.RootElement.EnumerateObject().Select(property => property.Name)
                    .Where(name => !names.Contains(name)).Distinct());
        }

        if (rows == 0) throw new InputException($"{path} has no rows. It takes a JSON object in each line.");
        if (names.Count == 0) throw new InputException($"{path} has no JSON object in its first {rows} line(s). It takes one in each.");
        return new JsonLinesTable(path, [.. names.Select(name => new TableColumn(name, typeof(string)))]);
    }

    public override IEnumerable<TableRow> Rows()
    {
        var number = 0L;
        foreach (var line in Lines(Path))
        {
            number++;
            if (Parsed(line, out var fault) is not { } document)
            {
                yield return new(number, new object?[Columns.Count], fault);
                continue;
            }

            using (document)
                yield return new(number, [.. Columns.Select(column => Value(document.RootElement, column.Name))]);
        }
    }

    private static IEnumerable<string> Lines(string path)
        => TextStream.Guarded(path, TextStream.Lines(path)).Where(line => !string.IsNullOrWhiteSpace(line));

    private static JsonDocument? Parsed(string line, out string fault)
    {
        try
        {
            var document = JsonDocument.Parse(line);
            fault = $"it is a JSON {document.RootElement.ValueKind}, not an object";
            if (document.RootElement.ValueKind == JsonValueKind.Object) return document;
            document.Dispose();
        }
        catch (JsonException e)
        {
            fault = $"it is no JSON (byte {e.BytePositionInLine + 1})";
        }

        return null;
    }

    // Texts as they are, all else as it is written in JSON.
    private static object? Value(JsonElement row, string name) => !row.TryGetProperty(name, out var value) ? null : value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number when value.TryGetInt64(out var whole) => whole,
        JsonValueKind.Number when value.TryGetDouble(out var number) => number,
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => new JsonText(value.GetRawText()),
    };
}

/// <summary>A value that is an object or a list, as JSON.</summary>
internal sealed record JsonText(string Json)
{
    public override string ToString() => Json;
}
