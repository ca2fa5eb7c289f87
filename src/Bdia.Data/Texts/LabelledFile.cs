using System.Globalization;
using Bdia.Data;
using Bdia.Data.Files;

namespace Bdia.Data.Texts;

/// <summary>A file with a text and its class in columns, separated by tabs.</summary>
public static class LabelledFile
{
    private static readonly string[] Extensions = [".tsv", ".txt", ".tab"];

    /// <summary>Reads the rows of two columns.</summary>
    /// <param name="path">The file, plain or gzip.</param>
    /// <param name="text">The column of texts: its number from 1 on, or its name in the first line; null = 1.</param>
    /// <param name="label">The column of classes, likewise; null = 2.</param>
    /// <param name="note">Told what was left out.</param>
    public static List<LabelledText> Read(string path, string? text, string? label, Action<string> note)
    {
        if (!Extensions.Contains(Path.GetExtension(DataFile.PlainName(path)), StringComparer.OrdinalIgnoreCase))
            throw new InputException($"{path} is no data set of texts and classes. It takes a folder of class folders with .txt files, "
                + "or a tab-separated file (.tsv or .txt, plain or .gz) with a text and its class in a line.");
        var lines = TextFile.Lines(path);
        if (lines.Count == 0) throw new InputException($"{path} is empty. It takes a line for each row: a text, a tab, its class.");
        var first = lines[0].Split('\t');
        var (at, ofClass) = (Index(path, first, text, 1), Index(path, first, label, 2));
        if (at == ofClass) throw new InputException($"Text and class are the same column of {path}. Give two.");

        var named = text is not null && Number(text) is null || label is not null && Number(label) is null;
        var (rows, empty) = (new List<LabelledText>(lines.Count), 0);
        for (var i = named ? 1 : 0; i < lines.Count; i++)
        {
            if (lines[i].Trim().Length == 0) continue;
            var columns = lines[i].Split('\t');
            if (columns.Length <= Math.Max(at, ofClass))
                throw new InputException($"{path}, line {i + 1:N0} has {columns.Length} column(s), but {Math.Max(at, ofClass) + 1} are "
                    + $"called for (\"{Shortened(lines[i])}\"). Mend the line, or choose other columns.");
            if (columns[at].Trim().Length == 0 || columns[ofClass].Trim().Length == 0) empty++;
            else rows.Add(new() { Text = columns[at], Class = columns[ofClass].Trim() });
        }

        if (empty > 0) note($"{empty:N0} rows of {path} have no text or no class, and are left out.");
        return rows;
    }

    private static int Index(string path, string[] first, string? column, int usual)
    {
        if (column is null) return usual - 1;
        if (Number(column) is { } number) return number - 1;
        return Array.IndexOf(first, column) is var index and >= 0 ? index
            : throw new InputException($"{path} has no column {column} in its first line (\"{Shortened(string.Join(", ", first))}\"). "
                + "Give one of them, or a number.");
    }

    /// <summary>A column's number, where it is given as such.</summary>
    private static int? Number(string column)
        => int.TryParse(column, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 ? number : null;

    private static string Shortened(string text) => text.Length <= 40 ? text : text[..40] + "...";
}
