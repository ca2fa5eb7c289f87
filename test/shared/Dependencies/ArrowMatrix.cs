using System.Text;

namespace Bdia.Tests.Dependencies;

/// <summary>Which folder uses which, as text.</summary>
internal static class ArrowMatrix
{
    /// <summary>
    /// The folder of a file, without the project's: Bdia.Core/Reversible/BdiaStack.cs stands in Core/Reversible; a file beside the project
    /// in Core.
    /// </summary>
    public static string Folder(string file) => file[..file.LastIndexOf('/')].Replace("Bdia.", "", StringComparison.Ordinal);

    /// <summary>Arrows between folders, with the pairs of a file and a type behind each.</summary>
    public static IReadOnlyDictionary<(string From, string To), CompiledCode.Use[]> Arrows(CompiledCode code)
        => code.Uses.GroupBy(use => (From: Folder(use.File), To: Folder(use.TypeFile)))
            .Where(group => group.Key.From != group.Key.To).ToDictionary(group => group.Key, group => group.ToArray());

    /// <summary>Folders in order of layers: each behind all that it uses, those of a ring in order of name.</summary>
    public static IReadOnlyList<(int Level, string Folder)> Layers(CompiledCode code)
    {
        var arrows = Arrows(code).Keys;
        var rings = Rings.Of(arrows.Select(arrow => (arrow.From, arrow.To)));
        string Group(string folder) => rings.FirstOrDefault(ring => ring.Contains(folder))?[0] ?? folder;
        var level = new Dictionary<string, int>();
        int Level(string group) => level.TryGetValue(group, out var known) ? known
            : level[group] = arrows.Where(arrow => Group(arrow.From) == group && Group(arrow.To) != group)
                .Select(arrow => Level(Group(arrow.To)) + 1).DefaultIfEmpty(0).Max();
        return [.. code.Files.Select(Folder).Distinct().Select(folder => (Level(Group(folder)), folder))
            .OrderBy(item => item.Item1).ThenBy(item => item.folder, StringComparer.Ordinal)];
    }

    /// <summary>The matrix (rows use columns), rings of folders and rings of files.</summary>
    public static string Print(CompiledCode code)
    {
        var (folders, arrows) = (Layers(code), Arrows(code));
        var text = new StringBuilder();
        var width = folders.Max(item => item.Folder.Length);
        text.AppendLine($"{folders.Count} folders, {code.Files.Count} files, {arrows.Count} arrows, "
            + $"{arrows.Values.Sum(uses => uses.Length)} pairs of a file and a type of another folder.");
        text.AppendLine("Rows use columns; the number is that of such pairs.").AppendLine();
        text.Append(string.Create(null, $"level  {"folder".PadRight(width)}  files |"));
        for (var i = 0; i < folders.Count; i++) text.Append(string.Create(null, $"{i,4}"));
        text.AppendLine();
        for (var i = 0; i < folders.Count; i++)
        {
            var (level, folder) = folders[i];
            text.Append(string.Create(null,
                $"{level,5}  {folder.PadRight(width)}  {code.Files.Count(file => Folder(file) == folder),5} |"));
            for (var j = 0; j < folders.Count; j++)
                text.Append(i == j ? $"{'.',4}"
                    : string.Create(null, $"{(arrows.TryGetValue((folder, folders[j].Folder), out var uses) ? uses.Length : null),4}"));
            text.AppendLine(string.Create(null, $"  {i}"));
        }

        var ofFolders = Rings.Of(arrows.Keys.Select(arrow => (arrow.From, arrow.To)));
        text.AppendLine().AppendLine($"{ofFolders.Count} rings of folders.");
        foreach (var ring in ofFolders) text.AppendLine($"  {ring.Length}: {string.Join(", ", ring)}");
        var ofFiles = Rings.Of(code.Uses.Select(use => (use.File, use.TypeFile)));
        text.AppendLine().AppendLine($"{ofFiles.Count} rings of files.");
        foreach (var ring in ofFiles) text.AppendLine(
            $"  {ring.Length}: {string.Join(", ", ring.Select(file => file.Replace(".cs", "", StringComparison.Ordinal)))}");
        return text.ToString();
    }
}
