using System.Text.RegularExpressions;
using Bdia.Core.Native;

namespace Bdia.Core.Tests.Architecture;

/// <summary>Which part of the libraries may know which: a new dependency is a decision, and this file is where it is taken.</summary>
public partial class DependencyTests
{
    // Part -> the parts it may use; where types are named, those alone.
    private static readonly Dictionary<string, Dictionary<string, string[]>> Allowed = new()
    {
        ["Native"] = [],
        ["Common"] = [],
        ["Metrics"] = [],
        ["Simd"] = [],
        ["Tensors"] = [],
        ["Numerics"] = new()
        {
            ["Simd"] = [],
            ["Tensors"] = [],
        },
        ["Formats"] = new()
        {
            ["Tensors"] = [],
        },
        ["Text"] = new()
        {
            ["Common"] = [],
        },
        ["Decoding"] = new()
        {
            ["Common"] = [],
            ["Simd"] = [],
            ["Tensors"] = [],
            ["Numerics"] = [],
            ["Text"] = ["SpecialTokens"],
        },
        ["Operations"] = new()
        {
            ["Native"] = [],
            ["Simd"] = [],
            ["Tensors"] = [],
        },
        ["Reversible"] = new()
        {
            ["Native"] = [],
            ["Simd"] = [],
            ["Tensors"] = [],
            ["Numerics"] = [],
        },
        ["Layers"] = new()
        {
            ["Tensors"] = [],
            ["Operations"] = [],
        },
        ["Blocks"] = new()
        {
            ["Simd"] = [],
            ["Tensors"] = [],
            ["Numerics"] = [],
            ["Operations"] = [],
            ["Layers"] = [],
            ["Reversible"] = [],
        },
        ["Models"] = new()
        {
            ["Tensors"] = [],
            ["Text"] = ["SpecialTokens"],
            ["Decoding"] = [],
            ["Operations"] = [],
            ["Reversible"] = [],
            ["Layers"] = [],
            ["Blocks"] = [],
        },
        ["Training"] = new()
        {
            ["Common"] = [],
            ["Simd"] = [],
            ["Tensors"] = [],
            ["Numerics"] = [],
            ["Formats"] = [],
            ["Reversible"] = ["TrainingClock", "ReversibilityException", "BdiaStack", "BackpropagationMode", "Residual", "IBlockObserver"],
        },
        ["MemoryEstimates"] = new()
        {
            ["Tensors"] = [],
            ["Numerics"] = [],
            ["Operations"] = [],
            ["Reversible"] = ["BdiaStackOptions", "BackpropagationMode"],
            ["Layers"] = [],
            ["Blocks"] = [],
            ["Models"] = [],
            ["Training"] = ["TrainingOptions"],
        },
        ["ImageClassification"] = new()
        {
            ["Common"] = [],
            ["Native"] = [],
            ["Tensors"] = [],
            ["Numerics"] = [],
            ["Formats"] = [],
            ["Reversible"] = ["TrainingClock", "ReversibilityException", "BdiaStack"],
            ["Models"] = [],
            ["Training"] = [],
            ["MemoryEstimates"] = [],
        },
        ["SequenceToSequence"] = new()
        {
            ["Common"] = [],
            ["Native"] = [],
            ["Metrics"] = [],
            ["Tensors"] = [],
            ["Numerics"] = [],
            ["Formats"] = [],
            ["Text"] = [],
            ["Operations"] = ["CrossEntropy"],
            ["Reversible"] = ["TrainingClock", "ReversibilityException", "BdiaStack"],
            ["Models"] = [],
            ["Decoding"] = [],
            ["Training"] = [],
            ["MemoryEstimates"] = [],
        },
    };

    public static TheoryData<string> Parts => [.. Directory.GetDirectories(Path.Combine(SourceTree.Root, "src", "Bdia.Core"))
        .Select(folder => Path.GetFileName(folder)!).Where(name => name is not ("bin" or "obj"))];

    [Theory]
    [MemberData(nameof(Parts))]
    public void A_part_of_the_core_uses_only_what_it_may(string part)
    {
        Assert.True(Allowed.TryGetValue(part, out var allowed), $"src/Bdia.Core/{part} is new: say in this file which parts it may use.");
        var faults = new List<string>();
        foreach (var file in SourceTree.CSharp($"src/Bdia.Core/{part}"))
            foreach (var used in PartName().Matches(file.Code).Select(match => match.Groups[1].Value).Distinct().Where(used => used != part))
            {
                if (!allowed.TryGetValue(used, out var types))
                    faults.Add($"{file.Path} uses {used}");
                else if (types.Length > 0)
                    faults.AddRange(TypesUsed(file, used).Except(types).Select(type => $"{file.Path} uses {used}.{type}"));
            }

        SourceTree.AssertNone(faults);
    }

    [Theory]
    [MemberData(nameof(Parts))]
    public void Namespace_and_folder_agree(string part) =>
        SourceTree.AssertNone(SourceTree.CSharp($"src/Bdia.Core/{part}").Where(file => !file.Code.Contains($"namespace Bdia.Core.{part};", StringComparison.Ordinal)).Select(file => file.Path));

    [Fact]
    public void Training_knows_no_model() =>
        SourceTree.AssertNone(SourceTree.CSharp("src/Bdia.Core/Training").Where(file => ModelWord().IsMatch(file.Code)).Select(file => $"{file.Path}: {ModelWord().Match(file.Code)}"));

    [Fact]
    public void What_trainers_share_in_ML_NET_knows_none_of_them() =>
        SourceTree.AssertNone(SourceTree.CSharp("src/Bdia.MLNet").Where(file => CommonPart().IsMatch(file.Path) && ModelWord().IsMatch(file.Code))
            .Select(file => $"{file.Path}: {ModelWord().Match(file.Code)}"));

    [Fact]
    public void The_core_knows_nothing_of_ML_NET() =>
        // Its tokenizers are a package of their own, without ML.NET behind it; one part alone uses them.
        SourceTree.AssertNone(SourceTree.CSharp("src/Bdia.Core").Where(file => MLNet().IsMatch(file.Code)
            && !(file.Path.StartsWith("src/Bdia.Core/Text/", StringComparison.Ordinal) && !OtherMLNet().IsMatch(file.Code))).Select(file => file.Path));

    private static IEnumerable<string> TypesUsed(SourceTree.SourceFile file, string part) =>
        typeof(BdiaRuntime).Assembly.GetTypes()
            .Where(type => type.Namespace == $"Bdia.Core.{part}" && !type.IsNested && !type.Name.Contains('<', StringComparison.Ordinal))
            .Select(type => type.Name.Split('`')[0])
            .Where(name => Regex.IsMatch(file.Code, $@"(?<![\w.]){name}\b"));

    [GeneratedRegex(@"\bBdia\.Core\.([A-Z]\w+)")]
    private static partial Regex PartName();

    [GeneratedRegex(@"\b\w*(Vision|Image|Translation|SequenceToSequence)\w*\b")]
    private static partial Regex ModelWord();

    [GeneratedRegex(@"\bMicrosoft\.ML\b")]
    private static partial Regex MLNet();

    [GeneratedRegex(@"\bMicrosoft\.ML\b(?!\.Tokenizers)")]
    private static partial Regex OtherMLNet();

    [GeneratedRegex("^src/Bdia.MLNet/(Internals|Scoring|Columns|ModelFiles|Trainers)/")]
    private static partial Regex CommonPart();
}
