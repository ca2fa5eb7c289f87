using Bdia.Core.Text;
using CsCheck;

namespace Bdia.Core.Tests.Text;

/// <summary>Digits apart and user-defined symbols of trained tokenizers.</summary>
public sealed class SymbolTests
{
    private static readonly string[] Dated = [.. Enumerable.Range(0, 200).Select(i => $"on day {1980 + i % 10} at {i % 60}")];

    public static TheoryData<TokenLevel> Levels => [.. Enum.GetValues<TokenLevel>()];

    private static ITextTokenizer Train(TokenLevel level, params string[] symbols) =>
        Corpus.Train(Corpus.Lines(400).Concat(Dated).Append("a<sep>b <sep>"),
            new TokenizerOptions { TokenLevel = level, VocabularySize = 400, UserDefinedSymbols = symbols });

    private static string[] Pieces(ITextTokenizer tokenizer, string text)
        => [.. tokenizer.Encode(text).Select(id => tokenizer.Decode([id]))];

    private static ITextTokenizer Reload(ITextTokenizer tokenizer)
    {
        var stream = new MemoryStream();
        TextTokenizer.Save(tokenizer, stream);
        stream.Position = 0;
        return TextTokenizer.Load(stream);
    }

    [Theory]
    [InlineData(TokenLevel.BytePair)]
    [InlineData(TokenLevel.Word)]
    public void Each_digit_is_a_token_of_its_own_unless_that_is_not_wanted(TokenLevel level)
    {
        var apart = Corpus.Train(Dated, new TokenizerOptions { TokenLevel = level });
        Assert.Equal(["1", "9", "8", "7"], Pieces(apart, "1987"));
        Assert.Equal(["on", " day", " ", "1", "9", "8", "7", " at"], Pieces(apart, "on day 1987 at"));
        var merged = Corpus.Train(Dated, new TokenizerOptions { TokenLevel = level, SplitDigits = false });
        Assert.Equal(["on", " day", " 1987", " at"], Pieces(merged, "on day 1987 at"));
        Assert.Equal(Pieces(apart, "day 1985"), Pieces(Reload(apart), "day 1985"));
        Assert.Equal(Pieces(merged, "day 1985"), Pieces(Reload(merged), "day 1985"));
    }

    [Theory]
    [MemberData(nameof(Levels))]
    public void A_symbol_is_one_token_wherever_it_stands_and_no_other_reaches_across_it(TokenLevel level)
    {
        var tokenizer = Train(level, "<sep>", "<sep>>", "mill", "1987");
        Assert.InRange(tokenizer.Size, 260, 400);
        foreach (var text in (string[])["<sep>", "x<sep>y", "the<sep>>dogs", "<sep><sep>", "in 1987, a mill 11987"])
        {
            Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text)));
            Assert.Equal(Occurrences(text), tokenizer.Encode(text).Count(id => id >= tokenizer.Size - 4));
        }

        Assert.Contains("<sep>>", Pieces(tokenizer, "the<sep>>dogs")); // the longest
        Assert.Equal([tokenizer.Size - 4], tokenizer.Encode("<sep>"));

        static int Occurrences(string text) => text switch { "<sep><sep>" => 2, "in 1987, a mill 11987" => 3, _ => 1 };
    }

    [Theory]
    [MemberData(nameof(Levels))]
    public void Any_text_comes_back_with_symbols_in_it_and_after_loading(TokenLevel level)
    {
        var tokenizer = Train(level, "<sep>", "é", "1", "a b");
        var loaded = Reload(tokenizer);
        Gen.Select(Corpus.AnyText, Corpus.AnyText).Sample((left, right) =>
        {
            var text = $"{left}<sep>{right}é 1{left}";
            var ids = tokenizer.Encode(text);
            return tokenizer.Decode(ids) == tokenizer.Normalize(text) && loaded.Encode(text).SequenceEqual(ids)
                && loaded.Decode(ids) == tokenizer.Decode(ids);
        });
        Gen.Int[0, tokenizer.Size - 1].Array[0, 40].Sample(ids => tokenizer.Decode(ids).Length >= 0);
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.Decode([tokenizer.Size]));
    }

    [Fact]
    public void Symbols_go_through_the_normalisation_that_texts_go_through()
    {
        var tokenizer = Corpus.Train(["a dog, a dog"],
            new TokenizerOptions { UserDefinedSymbols = ["<SEP>"], Normalization = new() { LowerCase = true } });
        Assert.Equal([tokenizer.Size - 1], tokenizer.Encode("<Sep>"));
        Assert.Equal("a <sep> dog", tokenizer.Decode(tokenizer.Encode("A <SEP>  dog")));
    }

    [Fact]
    public void Symbols_that_cannot_be_told_apart_or_have_no_room_are_refused()
    {
        Refuses("UserDefinedSymbols[1] is ' '; it must be a text of which normalisation leaves something",
            new() { UserDefinedSymbols = ["x", " "] });
        Refuses("UserDefinedSymbols[1] is 'X'; it must be different from the others",
            new() { UserDefinedSymbols = ["x", "X"], Normalization = new() { LowerCase = true } });
        Refuses("UserDefinedSymbols[0] is null", new() { UserDefinedSymbols = [null!] });
        Refuses("UserDefinedSymbols is null", new() { UserDefinedSymbols = null! });
        Refuses("VocabularySize is 258", new() { VocabularySize = 258, UserDefinedSymbols = ["x", "y"] });
        new TokenizerOptions { VocabularySize = 259, UserDefinedSymbols = ["x", "y"] }.Validate();

        static void Refuses(string fault, TokenizerOptions options) =>
            Assert.Contains(fault, Assert.Throws<ArgumentException>(options.Validate).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_for_other_readers_hold_no_symbols() =>
        Assert.Contains("user-defined symbols",
            Assert.Throws<ArgumentException>(() => TextTokenizer.ExportBytePair(Train(TokenLevel.BytePair, "<sep>"), "v", "m")).Message,
            StringComparison.Ordinal);
}
