using System.Text.RegularExpressions;

namespace Bdia.Core.Tests.Architecture;

/// <summary>The walk through one training step leads past files that are there, and not past too many.</summary>
public partial class WalkthroughTests
{
    private static readonly string Folder = Path.Combine(SourceTree.Root, "docs");

    private static string[] Stops
        => [.. Link().Matches(File.ReadAllText(Path.Combine(Folder, "walkthrough.md"))).Select(link => link.Groups[2].Value)];

    [Fact]
    public void Every_file_on_the_way_exists() => Assert.All(Stops, stop => Assert.True(File.Exists(Path.Combine(Folder, stop)), stop));

    [Fact]
    public void A_newcomer_opens_at_most_twenty_files_each_once()
    {
        Assert.InRange(Stops.Length, 10, 20);
        Assert.Equal(Stops.Length, Stops.Distinct().Count());
    }

    [Fact]
    public void Every_stop_is_called_by_the_name_of_its_file()
        => Assert.All(Link().Matches(File.ReadAllText(Path.Combine(Folder, "walkthrough.md"))),
            link => Assert.Equal(link.Groups[1].Value, Path.GetFileNameWithoutExtension(link.Groups[2].Value)));

    // A member that a stop tells the reader to look for is in its file.
    [Fact]
    public void What_a_stop_names_stands_in_its_file()
        => Assert.All(Stop().Matches(File.ReadAllText(Path.Combine(Folder, "walkthrough.md"))), stop =>
        {
            var code = File.ReadAllText(Path.Combine(Folder, stop.Groups[1].Value));
            Assert.All(Member().Matches(stop.Groups[2].Value),
                member => Assert.Contains(member.Groups[1].Value, code, StringComparison.Ordinal));
        });

    [GeneratedRegex(@"\[(\w+)\]\((\.\./src/[^)]+\.cs)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^\d+\. \[\w+\]\(([^)]+)\): (.*(?:\n   .*)*)", RegexOptions.Multiline)]
    private static partial Regex Stop();

    [GeneratedRegex(@"`(\w+)`")]
    private static partial Regex Member();
}
