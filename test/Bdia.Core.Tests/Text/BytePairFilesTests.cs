using System.Text.Json;
using Bdia.Core.Text;
using CsCheck;
using Microsoft.ML.Tokenizers;

namespace Bdia.Core.Tests.Text;

public sealed class BytePairFilesTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("bdia-text-").FullName;
    private readonly string vocabulary;
    private readonly string merges;

    public BytePairFilesTests()
    {
        vocabulary = Path.Combine(folder, "vocab.json");
        merges = Path.Combine(folder, "merges.txt");
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void What_was_exported_reads_back_with_the_same_ids()
    {
        var tokenizer = Corpus.Train(Corpus.Lines(500), new TokenizerOptions { VocabularySize = 500 });
        TextTokenizer.ExportBytePair(tokenizer, vocabulary, merges);
        var read = TextTokenizer.FromBytePairFiles(vocabulary, merges);
        Corpus.AnyText.Sample(text => read.Encode(text).SequenceEqual(tokenizer.Encode(text)));
        Assert.All(Corpus.Lines(200, seed: 2), text => Assert.Equal(tokenizer.Encode(text), read.Encode(text)));
    }

    [Fact]
    public void Files_of_other_tools_are_cut_into_words_as_GPT_2_does()
    {
        var tokenizer = Corpus.Train(Corpus.Lines(500), new TokenizerOptions { VocabularySize = 500 });
        TextTokenizer.ExportBytePair(tokenizer, vocabulary, merges);
        File.WriteAllLines(merges, ["#version: 0.2", .. File.ReadLines(merges).Skip(1)]);
        var normalization = new TextNormalization { CollapseWhiteSpace = false };
        var read = TextTokenizer.FromBytePairFiles(vocabulary, merges, normalization);
        var plain = BpeTokenizer.Create(
            new BpeOptions(vocabulary, merges) { ByteLevel = true, PreTokenizer = RobertaPreTokenizer.Instance });
        Corpus.AnyText.Sample(text => read.Encode(text).SequenceEqual(plain.EncodeToIds(normalization.Apply(text))));
        Assert.NotEqual(tokenizer.Encode("हिन्दी"), read.Encode("हिन्दी"));
        using var stream = new MemoryStream();
        TextTokenizer.Save(read, stream);
        stream.Position = 0;
        File.Delete(vocabulary);
        Assert.Equal(read.Encode("हिन्दी"), TextTokenizer.Load(stream).Encode("हिन्दी"));
    }

    [Fact]
    public void A_token_that_no_merge_makes_decodes_to_its_text()
    {
        Write([.. Bytes, "<|end|>", "中"], []);
        var read = TextTokenizer.FromBytePairFiles(vocabulary, merges);
        Assert.Equal("a<|end|>中", read.Decode(['a', 256, 257]));
        Assert.Equal(7, read.Encode("<|end|>").Count);
    }

    public static TheoryData<string, string?, string?, string> Faulty => new()
    {
        { "no vocabulary", null, "", "vocab.json" },
        { "no merges", "{}", null, "merges.txt" },
        { "empty file", "", "", "no JSON" },
        { "half a file", "{\"a\":0,", "", "no JSON" },
        { "a name that is no text", "{\"\\ud800\":0}", "", "no JSON" },
        { "an array", "[1]", "", "a JSON Array" },
        { "an id that is no number", "{\"a\":\"x\"}", "", "id of token 'a' is \"x\"" },
        { "a broken id", "{\"a\":0.5}", "", "0.5" },
        { "a gap", "{\"a\":0,\"b\":2}", "", "'b' has the id 2" },
        { "a negative id", "{\"a\":-1}", "", "-1" },
        { "an id twice", "{\"a\":0,\"b\":0}", "", "as 'a' has" },
        { "a token twice", "{\"a\":0,\"a\":1}", "", "'a' stands twice" },
        { "no tokens", "{}", "", "lacks" },
        { "bytes missing", "{\"a\":0}", "", "token of byte 0x00" },
        { "an unknown token", Vocabulary("ab"), "a b\nab c", "Merge 2, 'ab c', needs the token 'abc'" },
        { "a merge twice", Vocabulary("ab"), "a b\na b", "stands twice" },
        { "three tokens", Vocabulary("ab"), "a b\na b c", "line 2" },
        { "no space", Vocabulary("ab"), "#version: 0.2\nab", "line 2" },
    };

    [Theory]
    [MemberData(nameof(Faulty))]
    public void Files_that_do_not_fit_are_named_with_their_fault(string name, string? vocabulary, string? merges, string fact)
    {
        if (vocabulary is not null) File.WriteAllText(this.vocabulary, vocabulary);
        if (merges is not null) File.WriteAllText(this.merges, merges);
        var fault = Assert.ThrowsAny<SystemException>(() => TextTokenizer.FromBytePairFiles(this.vocabulary, this.merges));
        Assert.True((fault is FileNotFoundException) == (vocabulary is null || merges is null)
            && fault is FileNotFoundException or InvalidDataException, $"{name}: {fault}");
        Assert.Contains(folder, fault.Message, StringComparison.Ordinal);
        Assert.Contains(fact, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_byte_order_mark_and_Windows_line_ends_do_no_harm()
    {
        File.WriteAllText(vocabulary, Vocabulary("ab"), System.Text.Encoding.UTF8);
        File.WriteAllText(merges, "#version: 0.2\r\na b\r\n\r\n", System.Text.Encoding.UTF8);
        Assert.Equal([256], TextTokenizer.FromBytePairFiles(vocabulary, merges).Encode("ab"));
    }

    [Fact]
    public void Only_byte_pair_tokenizers_are_exported() =>
        Assert.Throws<ArgumentException>(
            () => TextTokenizer.ExportBytePair(Corpus.Train(["a b"], new TokenizerOptions { TokenLevel = TokenLevel.Word }),
            vocabulary, merges));

    private static IEnumerable<string> Bytes => Enumerable.Range(0, 256).Select(value => ByteAlphabet.Spell([(byte)value]));

    private static string Vocabulary(params string[] more)
        => JsonSerializer.Serialize(Bytes.Concat(more).Select((token, id) => (token, id))
        .ToDictionary(entry => entry.token, entry => entry.id));

    private void Write(IEnumerable<string> tokens, IEnumerable<string> merges)
    {
        File.WriteAllText(vocabulary,
            JsonSerializer.Serialize(tokens.Select((token, id) => (token, id)).ToDictionary(entry => entry.token, entry => entry.id)));
        File.WriteAllLines(this.merges, merges);
    }
}
