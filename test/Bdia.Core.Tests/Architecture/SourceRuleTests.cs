using System.Text.RegularExpressions;

namespace Bdia.Core.Tests.Architecture;

/// <summary>Rules that every file keeps.</summary>
public partial class SourceRuleTests
{
    private const int LongestFile = 300;

    [Fact]
    public void No_source_file_is_longer_than_300_lines() =>
        SourceTree.AssertNone(SourceTree.CSharp("src").Where(file => Lines(file) > LongestFile).Select(file => $"{file.Path}: {Lines(file)} lines"));

    [Fact]
    public void No_library_writes_to_the_console() =>
        SourceTree.AssertNone(SourceTree.CSharp("src").Where(file => !file.Path.StartsWith("src/build/", StringComparison.Ordinal) && ConsoleWord().IsMatch(file.Code)).Select(file => file.Path));

    [Fact]
    public void No_file_names_a_package_host_or_a_folder_of_one_machine() =>
        SourceTree.AssertNone(SourceTree.Files("").SelectMany(file => HostOrMachine().Matches(file.Text).Select(match => $"{file.Path}: {match.Value}")));

    [Fact]
    public void Nothing_is_left_to_do() =>
        SourceTree.AssertNone(SourceTree.CSharp("").Where(file => Unfinished().IsMatch(file.Text)).Select(file => $"{file.Path}: {Unfinished().Match(file.Text)}"));

    private static int Lines(SourceTree.SourceFile file) => file.Text.Count(c => c == '\n');

    [GeneratedRegex(@"\bConsole\.")]
    private static partial Regex ConsoleWord();

    // The patterns are spelled so that they do not find themselves.
    [GeneratedRegex(@"nuget\.org|pkgs\.dev\.azure\.com|myget\.org|(?<![\w.$}<])/(?:work|root|home|Users)/\w+|\b[A-Z]:\\Users\b", RegexOptions.IgnoreCase)]
    private static partial Regex HostOrMachine();

    [GeneratedRegex(@"\bTO[D]O\b|\bFIXM[E]\b|NotImplementedExceptio[n]")]
    private static partial Regex Unfinished();
}
