using System.Text.RegularExpressions;

namespace Bdia.Docs.Tests;

/// <summary>Code of a page that is one program.</summary>
/// <param name="Page">The page, from the root of the repository.</param>
/// <param name="Name">What the page calls it in a comment before the block, or the page's own name.</param>
/// <param name="Blocks">Its blocks with the lines that they begin at, in order.</param>
internal sealed record Program(string Page, string Name, IReadOnlyList<(int Line, string Code)> Blocks);

/// <summary>Finds what a reader may copy from the documentation.</summary>
internal static partial class Pages
{
    /// <summary>The repository.</summary>
    public static string Root { get; } = Above(AppContext.BaseDirectory);

    /// <summary>Every README and page, from the root.</summary>
    public static IEnumerable<string> All()
        => Directory.EnumerateFiles(Root, "*.md",
            new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.Hidden | FileAttributes.ReparsePoint })
            .Select(file => Path.GetRelativePath(Root, file).Replace('\\', '/'))
            .Where(file => !file.Split('/').Any(part => part is "bin" or "obj" or "shared" or "artifacts" or "output"))
            .Order(StringComparer.Ordinal);

    /// <summary>The programs of a page: blocks of one name belong together, those without a name to the page.</summary>
    public static IReadOnlyList<Program> Programs(string page)
    {
        var blocks = new List<(string Name, int Line, string Code)>();
        var lines = File.ReadAllLines(Path.Combine(Root, page));
        string? name = null;
        for (var i = 0; i < lines.Length; i++)
        {
            if (Comment().Match(lines[i]) is { Success: true } comment) name = comment.Groups[1].Value;
            if (lines[i].TrimStart() != "```csharp") continue;
            var (start, indent) = (i + 1, lines[i].Length - lines[i].TrimStart().Length);
            while (lines[++i].TrimStart() != "```")
            {
            }

            blocks.Add((name ?? OwnName(page), start + 1,
                string.Join('\n', lines[start..i].Select(line => line.Length < indent ? "" : line[indent..]))));
            name = null;
        }

        return [.. blocks.GroupBy(block => block.Name)
            .Select(group => new Program(page, group.Key, [.. group.Select(block => (block.Line, block.Code))]))];
    }

    private static string OwnName(string page)
        => Path.GetFileNameWithoutExtension(page) is var name && name != "README" ? name
            : Path.GetFileName(Path.GetDirectoryName(page)) is { Length: > 0 } folder ? folder : name;

    private static string Above(string folder)
        => File.Exists(Path.Combine(folder, "Bdia.MLNet.sln")) ? folder
            : Above(Path.GetDirectoryName(folder)
                ?? throw new InvalidOperationException("The repository is in no folder above the tests."));

    [GeneratedRegex(@"^\s*<!-- example: ([\w-]+) -->\s*$")]
    private static partial Regex Comment();
}
