using System.Text.RegularExpressions;
using Bdia.Core.Text;
using CsCheck;
using Microsoft.ML.Tokenizers;

namespace Bdia.Core.Tests.Text;

/// <summary>
/// What ExportBytePair writes, read by a BpeTokenizer that knows nothing of this library but its pattern, gives the same ids.
/// </summary>
public sealed class BpeTokenizerEqualityTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("bdia-text-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("train.en", true)]
    [InlineData("train.fr", false)]
    public void Ids_are_equal_on_the_29000_lines_of_Multi30k(string name, bool splitDigits)
    {
        var lines = Corpus.Multi30k(name);
        Assert.Equal(29_000, lines.Length);
        var tokenizer = Corpus.Train(lines, new TokenizerOptions { SplitDigits = splitDigits });
        var plain = Plain(tokenizer, splitDigits);
        var gpt2 = splitDigits ? plain : Plain(tokenizer, splitDigits, RobertaPreTokenizer.Instance);
        var normalization = new TextNormalization();
        foreach (var line in lines)
        {
            var ids = tokenizer.Encode(line);
            var normalized = normalization.Apply(line);
            var same = ids.SequenceEqual(plain.EncodeToIds(normalized)) && ids.SequenceEqual(gpt2.EncodeToIds(normalized))
                && tokenizer.Decode(ids) == normalized;
            Assert.True(same, line);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Ids_are_equal_on_any_Unicode_text(bool splitDigits)
    {
        var normalization = new TextNormalization { CollapseWhiteSpace = false };
        var tokenizer = Corpus.Train(Corpus.Lines(2000),
            new TokenizerOptions { VocabularySize = 600, SplitDigits = splitDigits, Normalization = normalization });
        var plain = Plain(tokenizer, splitDigits);
        Corpus.AnyText.Sample(text => tokenizer.Encode(text).SequenceEqual(plain.EncodeToIds(normalization.Apply(text))));
        Assert.All(Corpus.Lines(2000, seed: 2), text => Assert.Equal(plain.EncodeToIds(text), tokenizer.Encode(text)));
        Assert.All(["", "a", new string('x', 1000), string.Concat(Enumerable.Repeat("🙂", 600)), new string(' ', 700) + "x"],
            text => Assert.Equal(plain.EncodeToIds(text), tokenizer.Encode(text)));
    }

    private BpeTokenizer Plain(ITextTokenizer tokenizer, bool splitDigits, PreTokenizer? preTokenizer = null)
    {
        var (vocabulary, merges) = (Path.Combine(folder, "vocab.json"), Path.Combine(folder, "merges.txt"));
        TextTokenizer.ExportBytePair(tokenizer, vocabulary, merges);
        return BpeTokenizer.Create(new BpeOptions(vocabulary, merges)
        {
            ByteLevel = true,
            PreTokenizer = preTokenizer ?? new RegexPreTokenizer(
                new Regex(splitDigits ? TextTokenizer.SplitDigitsWordPattern : TextTokenizer.WordPattern), null),
        });
    }
}
