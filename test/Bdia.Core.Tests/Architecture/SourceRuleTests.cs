using System.Text.RegularExpressions;

namespace Bdia.Core.Tests.Architecture;

/// <summary>Rules that every file keeps.</summary>
public partial class SourceRuleTests
{
    private const int LongestFile = 300;

    [Fact]
    public void No_source_file_is_longer_than_300_lines() =>
        SourceTree.AssertNone(SourceTree.CSharp("src").Where(file => Lines(file) > LongestFile)
            .Select(file => $"{file.Path}: {Lines(file)} lines"));

    [Fact]
    public void No_library_writes_to_the_console() =>
        SourceTree.AssertNone(SourceTree.CSharp("src")
            .Where(file => !file.Path.StartsWith("src/build/", StringComparison.Ordinal)
                && !file.Path.StartsWith("src/Bdia.Tool/", StringComparison.Ordinal) && ConsoleWord().IsMatch(file.Code))
            .Select(file => file.Path));

    [Fact]
    public void No_file_names_a_package_host_or_a_folder_of_one_machine() =>
        SourceTree.AssertNone(SourceTree.Files("")
            .SelectMany(file => HostOrMachine().Matches(file.Text).Select(match => $"{file.Path}: {match.Value}")));

    [Fact]
    public void Nothing_is_left_to_do() =>
        SourceTree.AssertNone(SourceTree.CSharp("").Where(file => Unfinished().IsMatch(file.Text))
            .Select(file => $"{file.Path}: {Unfinished().Match(file.Text)}"));

    [Fact]
    public void Every_tensor_that_the_core_makes_has_its_type_and_device_named() =>
        // Else they are the caller's torch.set_default_dtype and torch.set_default_device, and the same seed trains otherwise.
        SourceTree.AssertNone(SourceTree.CSharp("src")
            .SelectMany(file => file.Code.Split('\n')
            .Where(line => MadeTensor().IsMatch(line) && !(TypeWord().IsMatch(line) && DeviceWord().IsMatch(line)))
            .Select(line => $"{file.Path}: {line.Trim()}")));

    private static int Lines(SourceTree.SourceFile file) => file.Text.Count(c => c == '\n');

    // tensor(...) of an array has the array's type; one of a single number has not.
    [GeneratedRegex(@"(?<![.\w])(?:torch\.)?(?:zeros|ones|empty|full|rand|randn|eye|arange|linspace)\(")]
    private static partial Regex MadeTensor();

    [GeneratedRegex(@"(?i)float32|float64|int64|int32|uint8|\btype\b|dtype|ScalarType")]
    private static partial Regex TypeWord();

    [GeneratedRegex(@"\bCPU\b|[dD]evice\b")]
    private static partial Regex DeviceWord();

    [GeneratedRegex(@"\bConsole\.")]
    private static partial Regex ConsoleWord();

    // The patterns are spelled so that they do not find themselves.
    [GeneratedRegex(@"nuget\.org|pkgs\.dev\.azure\.com|myget\.org|(?<![\w.$}<])/(?:work|root|home|Users)/\w+|\b[A-Z]:\\Users\b",
        RegexOptions.IgnoreCase)]
    private static partial Regex HostOrMachine();

    [GeneratedRegex(@"\bTO[D]O\b|\bFIXM[E]\b|NotImplementedExceptio[n]")]
    private static partial Regex Unfinished();
}
