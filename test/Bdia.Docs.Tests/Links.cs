using System.Text.RegularExpressions;

namespace Bdia.Docs.Tests;

/// <summary>Links of a page.</summary>
internal static partial class Links
{
    /// <summary>Files and folders that a page links to, from its own folder; links to the web are left out.</summary>
    public static IEnumerable<string> Of(string markdown)
        => Link().Matches(Code().Replace(markdown, "")).Select(match => match.Groups[1].Value.Split('#')[0])
            .Where(target => target.Length > 0 && !target.Contains("://", StringComparison.Ordinal));

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("```.*?```|`[^`\n]*`", RegexOptions.Singleline)]
    private static partial Regex Code();
}
