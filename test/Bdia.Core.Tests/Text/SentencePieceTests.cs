using Bdia.Core.Text;
using CsCheck;
using Microsoft.ML.Tokenizers;

namespace Bdia.Core.Tests.Text;

public sealed class SentencePieceTests : IDisposable
{
    private static readonly string[] Pieces =
        ["▁", "t", "h", "e", "d", "o", "g", "s", "é", "日", "▁t", "he", "▁the", "▁d", "og", "▁dog", "▁dogs"];

    private readonly string file = Path.Combine(Directory.CreateTempSubdirectory("bdia-text-").FullName, "tiny.model");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);

    [Theory]
    [InlineData(SentencePieceFile.Bpe, true)]
    [InlineData(SentencePieceFile.Bpe, false)]
    [InlineData(SentencePieceFile.Unigram, true)]
    [InlineData(SentencePieceFile.Unigram, false)]
    public void Known_text_gives_the_ids_of_SentencePieceTokenizer_and_comes_back(int type, bool bytes)
    {
        var content = new SentencePieceFile(bytes).Add(Pieces).Finish(type, bytes);
        var tokenizer = Read(content);
        var plain = SentencePieceTokenizer.Create(new MemoryStream(content), addBeginningOfSentence: false);
        Assert.Equal(Pieces.Length + (bytes ? 259 : 3), tokenizer.Size);
        foreach (var text in (string[])["the dogs", "the dog", "he goes to the dogs", "thé 日 dog"])
        {
            Assert.Equal(plain.EncodeToIds(text), tokenizer.Encode(text));
            Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text)));
        }
    }

    [Theory]
    [InlineData(SentencePieceFile.Bpe)]
    [InlineData(SentencePieceFile.Unigram)]
    public void Any_text_comes_back_from_a_model_that_falls_back_to_bytes(int type)
    {
        var tokenizer = Read(new SentencePieceFile(bytes: true).Add(Pieces).Finish(type, byteFallback: true));
        // The sign for a space is a space to the model.
        Corpus.AnyText.Select(text => text.Replace('\u2581', '_'))
            .Sample(text => tokenizer.Decode(tokenizer.Encode(text)) == tokenizer.Normalize(text));
        Assert.All(["d", "x", "é", "🙂", "dog", "\t\0"], text => Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text))));
        Assert.Equal("a dog", tokenizer.Decode(tokenizer.Encode("  a   dog ")));
        Assert.Equal("a\ufffd dog", tokenizer.Decode(tokenizer.Encode("a\ud800 dog")));
        Assert.Equal("a dog", tokenizer.Decode(tokenizer.Encode("a▁dog")));
    }

    [Theory]
    [InlineData(SentencePieceFile.Bpe)]
    [InlineData(SentencePieceFile.Unigram)]
    public void Any_ids_give_a_text(int type)
    {
        var tokenizer = Read(new SentencePieceFile(bytes: true).Add(Pieces).Finish(type, byteFallback: true));
        Gen.Int[0, tokenizer.Size - 1].Array[0, 40].Sample(ids => tokenizer.Decode(ids).Length >= 0);
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.Decode([tokenizer.Size]));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.Decode([-1]));
        Assert.Equal("", tokenizer.Decode([1, 2]));
    }

    [Theory]
    [InlineData(SentencePieceFile.Bpe)]
    [InlineData(SentencePieceFile.Unigram)]
    public void Bytes_may_stand_behind_other_pieces(int type)
    {
        var tokenizer = Read(new SentencePieceFile(bytes: false).Add(Pieces).AddBytes().Finish(type, byteFallback: true));
        Assert.Equal("the 🙂 dog", tokenizer.Decode(tokenizer.Encode("the 🙂 dog")));
    }

    [Fact]
    public void What_a_model_without_bytes_lacks_comes_back_as_a_sign()
    {
        var tokenizer = Read(new SentencePieceFile(bytes: false).Add(Pieces).Finish(SentencePieceFile.Bpe, byteFallback: false));
        Assert.Equal("the \u2047  dog", tokenizer.Decode([.. tokenizer.Encode("the"), 0, .. tokenizer.Encode("dog")]));
        Assert.Equal("the  \u2047 t", tokenizer.Decode(tokenizer.Encode("the cat")));
        Assert.Equal((0, 1), (tokenizer.UnknownId, tokenizer.Encode("the cat").Count(id => id == 0))); // "ca" is one unknown piece
    }

    [Fact]
    public void Settings_of_the_model_count()
    {
        var tokenizer = Read(new SentencePieceFile(bytes: true).Add(Pieces)
            .Finish(SentencePieceFile.Bpe, byteFallback: true, normalizer => SentencePieceFile.Number(normalizer, 3, 0)));
        Assert.Equal([260, 270], tokenizer.Encode("the")); // t, he: without the space before it
        Assert.Equal("the dogs", tokenizer.Decode(tokenizer.Encode("the dogs")));
    }

    [Fact]
    public void A_saved_tokenizer_needs_no_file()
    {
        var tokenizer = Read(new SentencePieceFile(bytes: true).Add(Pieces).Finish(SentencePieceFile.Unigram, byteFallback: true));
        File.Delete(file);
        using var stream = new MemoryStream();
        TextTokenizer.Save(tokenizer, stream);
        stream.Position = 0;
        var loaded = TextTokenizer.Load(stream);
        Corpus.AnyText.Sample(text => loaded.Encode(text).SequenceEqual(tokenizer.Encode(text)), iter: 50);
    }

    public static TheoryData<string, byte[], string> Faulty => new()
    {
        { "empty", [], "no pieces" },
        { "text", "a tokenizer"u8.ToArray(), "protocol buffer" },
        { "cut", new SentencePieceFile(bytes: true).Add(Pieces).Finish(SentencePieceFile.Bpe, byteFallback: true)[..1000],
            "protocol buffer" },
        { "of no known type", new SentencePieceFile(bytes: false).Add(Pieces).Finish(9, byteFallback: false), "unknown type 9" },
        { "bytes by mistake", new SentencePieceFile(bytes: true).Add(Pieces).Finish(SentencePieceFile.Bpe, byteFallback: false),
            "does not fall back to bytes" },
        { "JSON", "\ufeff {\"<unk>\": 0}"u8.ToArray(), "needs its merges" },
        { "twice", new SentencePieceFile(bytes: false).Add("a", "a").Finish(SentencePieceFile.Bpe, byteFallback: false), "a" },
        { "no bytes", new SentencePieceFile(bytes: false).Add(Pieces).Finish(SentencePieceFile.Bpe, byteFallback: true), "<0x00>" },
    };

    [Theory]
    [MemberData(nameof(Faulty))]
    public void A_file_that_does_not_fit_is_named_with_its_fault(string name, byte[] content, string fact)
    {
        var fault = Assert.Throws<InvalidDataException>(() => Read(content));
        Assert.Contains(file, fault.Message, StringComparison.Ordinal);
        Assert.True(fault.Message.Contains(fact, StringComparison.Ordinal), $"{name}: {fault.Message}");
    }

    [Fact]
    public void A_missing_file_is_named() =>
        Assert.Contains(file, Assert.Throws<FileNotFoundException>(() => TextTokenizer.FromSentencePiece(file)).Message,
            StringComparison.Ordinal);

    private ITextTokenizer Read(byte[] content)
    {
        File.WriteAllBytes(file, content);
        return TextTokenizer.FromSentencePiece(file);
    }
}
