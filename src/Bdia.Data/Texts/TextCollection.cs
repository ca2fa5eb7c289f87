using Bdia.Data.Files;
using Bdia.Data.Tables;

namespace Bdia.Data.Texts;

/// <summary>Texts to learn to write from.</summary>
/// <param name="Name">What people call it: the name of its file.</param>
/// <param name="Texts">The texts; of one long text its lines.</param>
/// <param name="IsOneText">Whether all of them are one text.</param>
/// <param name="LeftOut">Rows that cannot be used, each with the reason.</param>
public sealed record TextCollection(string Name, IReadOnlyList<string> Texts, bool IsOneText, IReadOnlyList<string> LeftOut)
{
    private static readonly string[] Names = ["Text", "sentence", "content", "story"];

    /// <summary>Opens a text file, which is one text, or a table with a text in each row.</summary>
    /// <param name="path">A .txt file (plain or .gz), or a .tsv, .csv, .jsonl or .parquet file.</param>
    /// <param name="textColumn">Of a table, the column of texts; null = the one that is named Text, sentence, content or story.</param>
    /// <param name="hasHeader">Whether a table has names of columns in its first line.</param>
    /// <returns>The texts.</returns>
    /// <exception cref="InputException">It is not there, is of no such kind, is damaged, or has no text.</exception>
    public static TextCollection Open(string path, string? textColumn = null, bool hasHeader = true)
    {
        ArgumentNullException.ThrowIfNull(path);
        var name = Path.GetFileName(path);
        if (DataFile.PlainName(path).EndsWith(".txt", StringComparison.OrdinalIgnoreCase) && textColumn is null)
        {
            if (!File.Exists(path)) throw new InputException($"There is no file {path}. Check the path.");
            var lines = TextFile.Lines(path);
            if (lines.All(string.IsNullOrWhiteSpace)) throw new InputException($"{path} has no text. Give a file with text.");
            return new(name, lines, true, []);
        }

        var (table, leftOut) = (Table.Open(path, hasHeader), new List<string>());
        var text = TextColumns.Index(table, textColumn, "texts", Names);
        return new(name, [.. TextColumns.Rows(table, leftOut, text).Select(row => row.Text(text))], false, leftOut);
    }
}
