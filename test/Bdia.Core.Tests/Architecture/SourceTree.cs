using System.Text.RegularExpressions;

namespace Bdia.Core.Tests.Architecture;

/// <summary>The files of the repository that this test assembly was built in.</summary>
internal static partial class SourceTree
{
    private static readonly string[] NotOurs = ["bin", "obj", ".git", ".vs", ".idea", "artifacts", "TestResults", "node_modules"];
    private static readonly string[] TextFiles =
        [".cs", ".csproj", ".props", ".targets", ".md", ".json", ".config", ".txt", ".sln", ".yml", ".yaml",
            ".runsettings", ".sh", ".editorconfig", "run"];

    public static string Root { get; } = FindRoot();

    /// <summary>The C# files below a folder of the repository, with their path relative to the root and forward slashes.</summary>
    public static IEnumerable<SourceFile> CSharp(string folder)
        => Files(folder).Where(file => file.Path.EndsWith(".cs", StringComparison.Ordinal));

    /// <summary>The text files below a folder of the repository; the empty string means all of it.</summary>
    public static IEnumerable<SourceFile> Files(string folder)
    {
        var start = Path.Combine(Root, folder);
        return Directory.Exists(start) ? Below(start) : [];
    }

    /// <summary>Fails with every fault on its own line.</summary>
    public static void AssertNone(IEnumerable<string> faults)
    {
        var lines = string.Join('\n', faults);
        Assert.True(lines.Length == 0, lines);
    }

    private static IEnumerable<SourceFile> Below(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder).Order())
            if (TextFiles.Contains(Path.GetExtension(file) is { Length: > 0 } extension ? extension : Path.GetFileName(file)))
                yield return new SourceFile(Path.GetRelativePath(Root, file).Replace('\\', '/'), File.ReadAllText(file));
        foreach (var child in Directory.EnumerateDirectories(folder).Order())
            if (!NotOurs.Contains(Path.GetFileName(child)))
                foreach (var file in Below(child))
                    yield return file;
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Bdia.MLNet.sln")))
                return folder.FullName;
        throw new DirectoryNotFoundException($"No folder above '{AppContext.BaseDirectory}' holds Bdia.MLNet.sln.");
    }

    internal sealed partial record SourceFile(string Path, string Text)
    {
        /// <summary>The text without comments, so that a remark about another part is no dependency on it.</summary>
        public string Code { get; } = Comments().Replace(Text, "");

        [GeneratedRegex(@"//[^\n]*|/\*.*?\*/", RegexOptions.Singleline)]
        private static partial Regex Comments();
    }
}
