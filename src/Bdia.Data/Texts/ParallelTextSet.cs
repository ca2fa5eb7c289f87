using Bdia.Data.Tables;

namespace Bdia.Data.Texts;

/// <summary>A data set of texts and what they are to become.</summary>
public sealed record ParallelTextSet
{
    /// <summary>What people call it: the name of its folder or file.</summary>
    public required string Name { get; init; }

    /// <summary>The two languages, as files or columns are named.</summary>
    public required (string Source, string Target) Languages { get; init; }

    /// <summary>Rows to learn from, or all of them where nothing tells which are for testing.</summary>
    public required IReadOnlyList<TextPair> Train { get; init; }

    /// <summary>Rows to choose the best epoch by; null where none are set apart.</summary>
    public IReadOnlyList<TextPair>? Validation { get; init; }

    /// <summary>Rows that are set apart for testing, of all test files; null where there are none.</summary>
    public IReadOnlyList<TextPair>? Test { get; init; }

    /// <summary>Rows and files that cannot be used, each with the reason.</summary>
    public required IReadOnlyList<string> LeftOut { get; init; }

    /// <summary>Opens a folder of line-aligned files, a table, or a zip archive with a tab-separated file.</summary>
    /// <param name="path">A folder with train.en and train.fr, say (and val, dev or test, plain or .gz), a .tsv, .csv, .jsonl or .parquet
    /// file, or a .zip.</param>
    /// <param name="source">The ending of source files, or the column of sources: its name or its number from 0 on.</param>
    /// <param name="target">The ending of target files, or the column of targets.</param>
    /// <param name="hasHeader">Whether a table has names of columns in its first line.</param>
    /// <returns>The rows.</returns>
    /// <exception cref="InputException">It is not there, is of no such kind, is damaged, or has no rows that can be used.</exception>
    public static ParallelTextSet Open(string path, string source, string target, bool hasHeader = true)
    {
        ArgumentNullException.ThrowIfNull(path);
        var (name, leftOut) = (Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path))), new List<string>());
        if (Directory.Exists(path))
        {
            var (train, validation, tests) = AlignedFolder.Read(path, source, target, leftOut.Add);
            return new()
            {
                Name = name, Languages = (source, target), Train = train, Validation = validation, LeftOut = leftOut,
                Test = tests.Count == 0 ? null : [.. tests.SelectMany(test => test.Rows)],
            };
        }

        if (path.EndsWith(".zip", StringComparison.OrdinalIgnoreCase) && File.Exists(path))
            return new()
            {
                Name = name, Languages = (source, target), LeftOut = leftOut, Train = TabbedFile.Read(path, source, target, leftOut.Add),
            };
        var table = Table.Open(path, hasHeader);
        var (from, to) = (table.Index(source), table.Index(target));
        if (from == to) throw new InputException($"Source {source} and target {target} are the same column of {path}. Give two.");
        return new()
        {
            Name = name, Languages = (source, target), LeftOut = leftOut, Train = [.. TextColumns.Rows(table, leftOut, from, to)
                .Select(row => new TextPair { Source = row.Text(from), Target = row.Text(to) })],
        };
    }
}
