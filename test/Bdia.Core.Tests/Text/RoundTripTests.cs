using Bdia.Core.Text;
using CsCheck;

namespace Bdia.Core.Tests.Text;

public class RoundTripTests
{
    public static TheoryData<TokenLevel, bool> Tokenizers
        => new() { { TokenLevel.BytePair, true }, { TokenLevel.BytePair, false }, { TokenLevel.Word, true },
        { TokenLevel.Word, false }, { TokenLevel.Character, true }, { TokenLevel.Character, false } };

    [Theory]
    [MemberData(nameof(Tokenizers))]
    public void Any_text_comes_back(TokenLevel level, bool collapse)
    {
        var normalization = new TextNormalization { CollapseWhiteSpace = collapse };
        var tokenizer = Train(level, normalization);
        Assert.True(tokenizer.Size > 256);
        Corpus.AnyText.Sample(text => tokenizer.Decode(tokenizer.Encode(text)) == normalization.Apply(text));
        Assert.All(Corpus.Lines(500, seed: 3), text => Assert.Equal(normalization.Apply(text), tokenizer.Decode(tokenizer.Encode(text))));
    }

    [Theory]
    [MemberData(nameof(Tokenizers))]
    public void Any_ids_give_a_text(TokenLevel level, bool collapse)
    {
        var tokenizer = Train(level, new TextNormalization { CollapseWhiteSpace = collapse });
        Gen.Int[0, tokenizer.Size - 1].Array[0, 50].Sample(ids => tokenizer.Decode(ids).EnumerateRunes().All(rune => rune.Value >= 0));
        Assert.Equal("\ufffd", tokenizer.Decode([0xff]));
        Assert.Equal("a\ufffdb", tokenizer.Decode(['a', 0xe4, 'b']));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1_000_000)]
    public void An_id_of_no_token_is_named(int id)
    {
        var fault = Assert.Throws<ArgumentOutOfRangeException>(() => Train(TokenLevel.BytePair, new TextNormalization()).Decode([65, id]));
        Assert.Contains("ids are 0 to ", fault.Message, StringComparison.Ordinal);
        Assert.Equal(id, fault.ActualValue);
    }

    [Theory]
    [InlineData(TokenLevel.BytePair)]
    [InlineData(TokenLevel.Word)]
    [InlineData(TokenLevel.Character)]
    public void A_text_of_which_nothing_is_left_has_no_ids(TokenLevel level)
    {
        var tokenizer = Train(level, new TextNormalization());
        Assert.All(["", " ", "\t\r\n\u00a0\u2003\0\u0085"], text => Assert.Empty(tokenizer.Encode(text)));
        Assert.Equal("", tokenizer.Decode([]));
    }

    [Theory]
    [InlineData(TokenLevel.BytePair)]
    [InlineData(TokenLevel.Word)]
    [InlineData(TokenLevel.Character)]
    public void A_megabyte_goes_through_with_and_without_spaces(TokenLevel level)
    {
        var tokenizer = Train(level, new TextNormalization());
        foreach (var text in (string[])[new('a', 1 << 20), string.Concat(Enumerable.Repeat("the "
            + "dog ", 1 << 17)).Trim(), string.Concat(Enumerable.Repeat("😀", 1 << 18))])
            Assert.True(text == tokenizer.Decode(tokenizer.Encode(text)));
    }

    private static ITextTokenizer Train(TokenLevel level, TextNormalization normalization) =>
        Corpus.Train(Corpus.Lines(1000), new TokenizerOptions { TokenLevel = level, VocabularySize = 500, Normalization = normalization });
}
