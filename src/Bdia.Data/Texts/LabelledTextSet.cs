using Bdia.Data.Tables;

namespace Bdia.Data.Texts;

/// <summary>A data set of texts and their classes.</summary>
public sealed record LabelledTextSet
{
    /// <summary>Names by which a column of texts is known, whatever their case.</summary>
    public static IReadOnlyList<string> TextNames { get; } = ["Text", "sentence", "Sentence1", "review", "message", "content"];

    /// <summary>Names by which a column of classes is known, whatever their case.</summary>
    public static IReadOnlyList<string> LabelNames { get; } = ["Label", "class", "category", "topic", "target"];

    /// <summary>What people call it: the name of its folder or file.</summary>
    public required string Name { get; init; }

    /// <summary>Rows to learn from, or all of them where nothing tells which are for testing.</summary>
    public required IReadOnlyList<LabelledText> Train { get; init; }

    /// <summary>Rows that are set apart for testing; null where there are none.</summary>
    public IReadOnlyList<LabelledText>? Test { get; init; }

    /// <summary>Names of the classes of the rows to learn from, in order.</summary>
    public IReadOnlyList<string> Classes { get => field ??= [.. Train.Select(row => row.Class).Distinct().Order(StringComparer.Ordinal)]; }

    /// <summary>Rows that cannot be used, each with the reason.</summary>
    public required IReadOnlyList<string> LeftOut { get; init; }

    /// <summary>Opens a folder of class folders with .txt files (with or without train and test above them), or a table.</summary>
    /// <param name="path">The folder, or a .tsv, .csv, .jsonl or .parquet file.</param>
    /// <param name="textColumn">Of a table, the column of texts; null = the one that is named Text, sentence, review or alike.</param>
    /// <param name="labelColumn">Of a table, the column of classes; null = the one that is named Label, class, category or alike.</param>
    /// <param name="hasHeader">Whether a table has names of columns in its first line.</param>
    /// <returns>The rows.</returns>
    /// <exception cref="InputException">It is not there, is of no such kind, is damaged, or has no rows that can be used.</exception>
    public static LabelledTextSet Open(string path, string? textColumn = null, string? labelColumn = null, bool hasHeader = true)
    {
        ArgumentNullException.ThrowIfNull(path);
        var (name, leftOut) = (Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path))), new List<string>());
        if (Directory.Exists(path))
        {
            var (train, test) = ClassFolders.Read(path, leftOut.Add);
            return new() { Name = name, Train = train, Test = test, LeftOut = leftOut };
        }

        var table = Table.Open(path, hasHeader);
        var text = TextColumns.Index(table, textColumn, "texts", TextNames);
        var label = TextColumns.Index(table, labelColumn, "classes", LabelNames);
        if (text == label)
            throw new InputException($"Texts and classes are the same column of {path}, \"{table.Columns[text].Name}\". Name two.");
        var rows = TextColumns.Rows(table, leftOut, text, label)
            .Select(row => new LabelledText { Text = row.Text(text), Class = row.Text(label).Trim() }).ToArray();
        return new() { Name = name, Train = rows, LeftOut = leftOut };
    }
}
