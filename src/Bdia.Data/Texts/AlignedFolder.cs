using Bdia.Data;
using Bdia.Data.Files;

namespace Bdia.Data.Texts;

/// <summary>
/// A folder of line-aligned files: line i of train.en and line i of train.fr say the same. Names are STEM.LANGUAGE, plain or .gz; the stem
/// begins with train, with val, valid or dev, or with test (as many test sets as there are).
/// </summary>
public static class AlignedFolder
{
    /// <summary>Reads the files of two languages; validation and test rows are null and none where there are no files.</summary>
    public static (List<TextPair> Train, List<TextPair>? Validation, List<TestSet> Tests) Read(string folder,
        string source, string target, Action<string> note)
    {
        var files = Directory.GetFiles(folder).Order(StringComparer.Ordinal).ToLookup(DataFile.PlainName, StringComparer.Ordinal);
        AlignedFiles[] Pairs(params string[] beginnings) => AlignedFolder.Pairs(files, folder, source, target, beginnings, note);

        var train = Choose(folder, Pairs("train"), source, target, "train") ?? throw new InputException(
            $"{folder} has no train.{source} and train.{target} (plain or .gz). {Holds(folder)} Give the languages as the endings of "
                + "the files.");
        var validation = Choose(folder, Pairs("val", "dev"), source, target, "val", "valid", "validation", "dev");
        return (Rows(train, note), validation is null ? null
            : Rows(validation, note), [.. Pairs("test").Select(file => new TestSet(file.Stem, Rows(file, note)))]);
    }

    /// <summary>Files whose names begin in one of these ways and that are there in both languages.</summary>
    private static AlignedFiles[] Pairs(ILookup<string, string> files, string folder, string source, string target,
        string[] beginnings, Action<string> note)
    {
        string[] Stems(string language) =>
            [.. files.Select(file => file.Key).Where(name => name.EndsWith($".{language}", StringComparison.Ordinal))
            .Select(name => name[..^(language.Length + 1)])
            .Where(stem => beginnings.Any(beginning => stem.StartsWith(beginning, StringComparison.OrdinalIgnoreCase)))];

        var (sources, targets) = (Stems(source), Stems(target));
        var both = sources.Intersect(targets).ToArray();
        foreach (var stem in sources.Union(targets).Except(both))
        {
            var (there, missing) = sources.Contains(stem) ? (source, target) : (target, source);
            var fault = $"{folder} has {stem}.{there} but no {stem}.{missing} (plain or .gz)";
            if (both.Length == 0) throw new InputException(
                $"{fault}. Add the missing file, or give other languages. {Holds(folder)}");
            note($"{fault}: it is left out.");
        }

        return [.. both.Select(stem => new AlignedFiles(stem, files[$"{stem}.{source}"].First(), files[$"{stem}.{target}"].First()))];
    }

    /// <summary>The pair of just one of these names, or else the only pair there is.</summary>
    private static AlignedFiles? Choose(string folder, AlignedFiles[] found, string source, string target, params string[] names)
        => found.FirstOrDefault(file => names.Contains(file.Stem)) ?? found switch
        {
            [] => null,
            [var only] => only,
            _ => throw new InputException(
                $"{folder} has {found.Length} sets of files named {names[0]}* ({string.Join(", ", found.Select(file => file.Stem))}), "
                + "and none of just that name. " +
                $"Name the one to use {names[0]}.{source} and {names[0]}.{target}, or keep it alone in the folder."),
        };

    private static List<TextPair> Rows(AlignedFiles files, Action<string> note)
    {
        var (source, target) = (TextFile.Lines(files.Source), TextFile.Lines(files.Target));
        if (source.Count != target.Count)
            throw new InputException($"{files.Source} has {source.Count:N0} lines but {files.Target} has {target.Count:N0}; line i of "
                + "one must be the translation of line i of the other. Use two files of one set.");
        var rows = source.Zip(target, (left, right) => new TextPair { Source = left, Target = right }).ToList();
        return Empty.Drop(rows, $"{files.Source} and {Path.GetFileName(files.Target)}", note);
    }

    private static string Holds(string folder)
    {
        var names = Directory.GetFiles(folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal).ToArray();
        return names.Length == 0 ? "It holds no files."
            : $"It holds {string.Join(", ", names.Take(12))}{(names.Length > 12 ? ", ..." : "")}.";
    }

    private sealed record AlignedFiles(string Stem, string Source, string Target);
}
