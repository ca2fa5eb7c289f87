using System.Globalization;
using System.IO.Compression;
using Bdia.Data;
using Bdia.Data.Files;

namespace Bdia.Data.Texts;

/// <summary>
/// A file with a text and its translation in columns, separated by tabs; or a zip archive that holds one, as Tatoeba's do.
/// </summary>
public static class TabbedFile
{
    private static readonly string[] Extensions = [".tsv", ".txt", ".tab"];

    /// <summary>Whether a file may be one.</summary>
    public static bool Accepts(string path) => IsArchive(path) || HasColumns(DataFile.PlainName(path));

    /// <summary>Reads the rows of two columns.</summary>
    /// <param name="path">The file.</param>
    /// <param name="source">The source column: its number from 1 on, or its name in the first line. Another name is a label, and means
    /// column 1.</param>
    /// <param name="target">The target column, likewise; otherwise column 2.</param>
    /// <param name="note">Told which columns a label stands for.</param>
    public static List<TextPair> Read(string path, string source, string target, Action<string> note)
    {
        var lines = IsArchive(path) ? FromArchive(path) : TextFile.Lines(path);
        if (lines.Count == 0) throw new InputException($"{path} is empty. It takes a line for each pair: a text, a tab, its translation.");
        var first = lines[0].Split('\t');
        if (first.Length < 2) throw new InputException(
            $"{path}, line 1: there is no tab (\"{Shortened(lines[0])}\"). It takes a line for each pair: a text, a tab, its translation.");

        var named = first.Contains(source) && first.Contains(target);
        var (from, to) = named ? (Array.IndexOf(first, source), Array.IndexOf(first, target)) : (Number(source) ?? 0, Number(target) ?? 1);
        if (from == to) throw new InputException($"Source {source} and target {target} are the same column of {path}. Give two.");
        if (!named && Number(source) is null && Number(target) is null)
            note($"{Path.GetFileName(path)} names no columns: {source} is column 1 (\"{Shortened(first[0])}\"), {target} column 2 "
                + $"(\"{Shortened(first[1])}\"). Source 2 and target 1 would take them the other way.");
        return Empty.Drop(Rows(path, lines, named ? 1 : 0, from, to), path, note);
    }

    private static List<TextPair> Rows(string path, List<string> lines, int skipped, int from, int to)
    {
        var rows = new List<TextPair>(lines.Count);
        for (var i = skipped; i < lines.Count; i++)
        {
            var columns = lines[i].Split('\t');
            if (columns.Length <= Math.Max(from, to) && lines[i].Trim().Length > 0)
                throw new InputException($"{path}, line {i + 1:N0} has {columns.Length} column(s), but {Math.Max(from, to) + 1} are "
                    + $"called for (\"{Shortened(lines[i])}\"). Mend the line, or choose other columns by their numbers.");
            rows.Add(columns.Length <= Math.Max(from, to) ? new() : new() { Source = columns[from], Target = columns[to] });
        }

        return rows;
    }

    private static List<string> FromArchive(string path)
    {
        try
        {
            using var archive = ZipFile.OpenRead(path);
            var texts = archive.Entries.Where(entry => HasColumns(entry.Name))
                .Select(entry => (Name: $"{path}:{entry.FullName}", Bytes: Read(entry))).Where(text => HasTab(text.Bytes)).ToArray();
            if (texts.Length == 1) return TextFile.Lines(texts[0].Name, texts[0].Bytes);
            throw new InputException($"{path} holds {texts.Length} files of tab-separated text "
                + $"({string.Join(", ", archive.Entries.Select(entry => entry.FullName).Take(10))}); it takes one. Unpack it, and give "
                + "the file or folder.");
        }
        catch (InvalidDataException fault)
        {
            throw new InputException($"{path} cannot be unpacked ({fault.Message.TrimEnd('.')}). Download it again.", fault);
        }
    }

    private static byte[] Read(ZipArchiveEntry entry)
    {
        using var stream = entry.Open();
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }

    private static bool HasTab(byte[] bytes)
        => bytes.AsSpan() is var all && all[..(all.IndexOf((byte)'\n') is var end and >= 0 ? end : all.Length)].Contains((byte)'\t');

    private static bool HasColumns(string name) => Extensions.Contains(Path.GetExtension(name), StringComparer.OrdinalIgnoreCase);

    private static bool IsArchive(string path) => Path.GetExtension(path).Equals(".zip", StringComparison.OrdinalIgnoreCase);

    /// <summary>A column's index, where it is given as its number.</summary>
    private static int? Number(string column)
        => int.TryParse(column, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 ? number - 1 : null;

    private static string Shortened(string text) => text.Length <= 40 ? text : text[..40] + "...";
}
