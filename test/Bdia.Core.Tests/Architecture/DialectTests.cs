using System.Text.RegularExpressions;

namespace Bdia.Core.Tests.Architecture;

/// <summary>One dialect of C# in all projects, as far as .editorconfig has no word for it.</summary>
public partial class DialectTests
{
    private const int LongestLine = 140;

    [Fact]
    public void No_line_is_longer_than_140_columns()
        => SourceTree.AssertNone(SourceTree.CSharp("").SelectMany(file => file.Text.Split('\n')
            .Select((line, at) => (Line: line.TrimEnd('\r'), Number: at + 1))
            .Where(item => item.Line.Length > LongestLine).Select(item => $"{file.Path}:{item.Number}: {item.Line.Length} columns")));

    // Names of torch are at hand by `using static`; written out, every line of tensors is longer than what it says.
    [Fact]
    public void Libraries_use_torch_by_using_static()
        => SourceTree.AssertNone(SourceTree.CSharp("src").Where(file => Torch().IsMatch(Strings().Replace(file.Code, "")))
            .Select(file => $"{file.Path}: {Torch().Match(file.Code)}"));

    // `using static TorchSharp.torch` itself is not meant.
    [GeneratedRegex(@"(?<![\w.])torch\.\w+")]
    private static partial Regex Torch();

    [GeneratedRegex("\"(?:[^\"\\\\\\n]|\\\\.)*\"")]
    private static partial Regex Strings();
}
