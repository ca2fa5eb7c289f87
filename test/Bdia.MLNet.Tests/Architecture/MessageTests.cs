using System.Text.RegularExpressions;
using Bdia.Tests.Dependencies;

namespace Bdia.MLNet.Tests.Architecture;

/// <summary>The sentences that stand in the code of both libraries, wherever they end: exceptions, faults of options, the log.</summary>
public partial class MessageTests
{
    private static readonly CompiledCode Code = CompiledCode.Libraries();

    // Literals with a space in them: sentences and pieces of sentences, not names and formats.
    private static readonly (string File, string Text)[] Sentences =
        [.. Code.Texts.Where(text => text.Text.Contains(' ', StringComparison.Ordinal))];

    [Fact]
    public void There_are_sentences() => Assert.InRange(Sentences.Length, 300, 6000);

    [Fact]
    public void What_somebody_meets_who_trains_texts_says_nothing_of_images()
        => AssertNone(Sentences.Where(text => !OfImages().IsMatch(text.File) && WordOfImages().IsMatch(text.Text)));

    [Fact]
    public void What_all_trainers_share_says_nothing_of_texts()
        => AssertNone(Sentences.Where(text => !OfTexts().IsMatch(text.File) && !OfImages().IsMatch(text.File)
            && WordOfTexts().IsMatch(text.Text)));

    [Fact]
    public void No_sentence_names_a_type_that_is_not_public()
    {
        var hidden = new[] { typeof(Core.Reversible.BdiaStack).Assembly, typeof(BdiaTrainerOptions).Assembly }
            .SelectMany(assembly => assembly.GetTypes())
            .Where(type => !type.IsVisible).Select(type => type.Name.Split('`')[0]).ToHashSet();
        // Some have the name of a public type or the end of an option's name: LearningRate, TokenizerFile.
        var exported = new[] { typeof(Core.Reversible.BdiaStack).Assembly, typeof(BdiaTrainerOptions).Assembly }
            .SelectMany(assembly => assembly.GetExportedTypes()).ToArray();
        var known = exported.SelectMany(type => type.GetMembers().Select(member => member.Name))
            .Concat(exported.Select(type => type.Name)).ToHashSet();
        hidden.RemoveWhere(name => known.Any(other => other.EndsWith(name, StringComparison.Ordinal)));
        AssertNone(Sentences.Where(text => CamelWord().Matches(text.Text).Any(match => hidden.Contains(match.Value))));
    }

    private static void AssertNone(IEnumerable<(string File, string Text)> faults)
    {
        var lines = string.Join('\n', faults.Select(fault => $"{fault.File}: {fault.Text}"));
        Assert.True(lines.Length == 0, lines);
    }

    // Files that only somebody meets who has images.
    [GeneratedRegex("/ImageClassification/|/Pretrained/|Vision|/Image|/MemoryBudget|/Layers/PatchEmbedding")]
    private static partial Regex OfImages();

    // Files that only somebody meets who has texts.
    [GeneratedRegex("/(SequenceToSequence|TextClassification|TextGeneration|Texts?|Automata|Decoding|Metrics)/|EncoderDecoder|"
        + "/(Text|Token|SequenceToSequence|Language|Gpt2|Decod)|"
        + "/Layers/(TokenEmbedding|LearnedPositions|SinusoidalPositions)")]
    private static partial Regex OfTexts();

    [GeneratedRegex(@"\b([Ii]mages?|[Pp]ictures?|[Pp]ixels?)\b")]
    private static partial Regex WordOfImages();

    // A header or a schedule may be text, and tokens are what any transformer reads; texts are one task's.
    [GeneratedRegex(@"\b([Tt]exts|[Ss]entences?|[Tt]ranslat\w*)\b")]
    private static partial Regex WordOfTexts();

    [GeneratedRegex(@"\b[A-Z][a-z0-9]+[A-Z]\w*\b")]
    private static partial Regex CamelWord();
}
