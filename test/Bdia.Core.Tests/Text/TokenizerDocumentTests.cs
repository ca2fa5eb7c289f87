using System.Text;
using Bdia.Core.Text;
using CsCheck;

namespace Bdia.Core.Tests.Text;

public class TokenizerDocumentTests
{
    public static TheoryData<TokenLevel> Levels => [.. Enum.GetValues<TokenLevel>()];

    [Theory]
    [MemberData(nameof(Levels))]
    public void A_saved_tokenizer_gives_the_same_ids(TokenLevel level)
    {
        var tokenizer = Train(level, new TextNormalization { LowerCase = true, CollapseWhiteSpace = false });
        var loaded = TextTokenizer.Load(new MemoryStream(Saved(tokenizer)));
        Assert.Equal(tokenizer.Size, loaded.Size);
        Corpus.AnyText.Sample(text => loaded.Encode(text).SequenceEqual(tokenizer.Encode(text)));
        Assert.Equal(Saved(tokenizer), Saved(loaded));
    }

    [Fact]
    public void Several_tokenizers_follow_each_other_in_a_stream()
    {
        var stream = new MemoryStream([.. Saved(Train(TokenLevel.Word)), .. Saved(Train(TokenLevel.Character)), 1, 2]);
        Assert.Equal(Train(TokenLevel.Word).Size, TextTokenizer.Load(stream).Size);
        Assert.Equal(Train(TokenLevel.Character).Size, TextTokenizer.Load(stream).Size);
        Assert.Equal(2, stream.Length - stream.Position);
    }

    [Theory]
    [MemberData(nameof(Levels))]
    public void Any_damage_is_seen(TokenLevel level)
    {
        var saved = Saved(Train(level));
        Gen.Select(Gen.Int[0, saved.Length - 1], Gen.Byte[1, 255]).Sample((at, flip) =>
        {
            var damaged = saved.ToArray();
            damaged[at] ^= flip;
            Assert.Throws<InvalidDataException>(() => TextTokenizer.Load(new MemoryStream(damaged)));
        }, iter: 200);
        Gen.Int[0, saved.Length - 1].Sample(
            length => { Assert.Throws<InvalidDataException>(() => TextTokenizer.Load(new MemoryStream(saved[..length]))); }, iter: 100);
    }

    [Fact]
    public void A_newer_version_is_named()
    {
        var saved = Saved(Train(TokenLevel.Word));
        saved[8] = 4;
        Assert.Contains("version 4", Assert.Throws<InvalidDataException>(() => TextTokenizer.Load(new MemoryStream(saved))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Foreign_content_is_named() =>
        Assert.Contains("no tokenizer",
            Assert.Throws<InvalidDataException>(
            () => TextTokenizer.Load(new MemoryStream(Encoding.UTF8.GetBytes(new string('x', 100))))).Message, StringComparison.Ordinal);

    [Fact]
    public void A_tokenizer_of_another_class_cannot_be_saved() => Assert.Throws<ArgumentException>(() => Saved(new Other()));

    private static ITextTokenizer Train(TokenLevel level, TextNormalization? normalization = null) =>
        Corpus.Train(Corpus.Lines(200),
            new TokenizerOptions { TokenLevel = level, VocabularySize = 400, Normalization = normalization ?? new TextNormalization() });

    private static byte[] Saved(ITextTokenizer tokenizer)
    {
        using var stream = new MemoryStream();
        TextTokenizer.Save(tokenizer, stream);
        return stream.ToArray();
    }

    private sealed class Other : ITextTokenizer
    {
        public int Size => 0;

        public string Decode(IEnumerable<int> ids) => "";

        public IReadOnlyList<int> Encode(string text) => [];
    }
}
