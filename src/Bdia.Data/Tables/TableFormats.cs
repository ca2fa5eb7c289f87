using Bdia.Data.Files;

namespace Bdia.Data.Tables;

/// <summary>What a table is written in.</summary>
internal enum TableFormat
{
    Tabs,
    Commas,
    JsonLines,
    Parquet,
}

/// <summary>Tells the format of a table by its name.</summary>
internal static class TableFormats
{
    public static TableFormat? Of(string path) => System.IO.Path.GetExtension(DataFile.PlainName(path)).ToLowerInvariant() switch
    {
        ".tsv" or ".tab" or ".txt" => TableFormat.Tabs,
        ".csv" => TableFormat.Commas,
        ".jsonl" or ".ndjson" => TableFormat.JsonLines,
        ".parquet" when !path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) => TableFormat.Parquet,
        _ => null,
    };
}
