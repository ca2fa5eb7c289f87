using System.Text.Json.Nodes;
using Bdia.Core.Text;

namespace Bdia.Core.Tests.Text;

/// <summary>
/// Tokenizer files of other libraries. Expected ids are those of Hugging Face's own library (by Tokenizers.DotNet 1.4.1) for the same file;
/// tiktoken gives the same, since its file holds the same byte pairs.
/// </summary>
public sealed class ForeignTokenizerTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("bdia-foreign-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    public static TheoryData<string?, string, string> Golden => new()
    {
        { null, "the thing", "116 257 256 104 260" },
        { null, " the  the\n\nthe", "258 32 258 10 10 116 257" },
        { null, "café cafe\u0301", "271 32 270 101 204 129" },
        { null, "it's 'sing 'S", "105 116 266 32 39 115 260 32 39 83" },
        { null, "12345 123 1 12", "262 52 53 32 262 273 32 261" },
        { null, "😀😀!!! 😀", "264 128 264 128 267 33 32 264 128" },
        { null, "a𝐀 𝐀𝐁1 a 𝐀", "276 128 32 275 128 275 129 49 32 97 32 275 128" }, // letters beyond U+FFFF
        { null, "𝟘𝟙1 ½Ⅷ", "274 159 152 274 159 153 49 32 194 189 226 133 167" }, // and numbers
        { null, "<|end|>the<|end|> <é >x", "277 116 257 277 32 278 120" },
        { null, "<|end|", "60 124 101 110 100 124" },
        { null, "\u00a0the\u2003\u3000the \r\n the", "194 160 116 257 226 128 131 227 128 128 116 257 32 13 10 258" },
        { null, "x \u0085\u001c\u200b the  ", "120 32 194 133 28 226 128 139 258 265" },
        { null, "\u0938\u094d\u0924", "224 164 184 224 165 141 224 164 164" }, // marks are no letters
        { null, "the\tthe\t\tthe   ", "116 257 9 116 257 9 9 116 257 265 32" },
        { "NFC", "café cafe\u0301", "271 32 271" },
        { "NFKD", "café cafe\u0301", "270 101 204 129 32 270 101 204 129" },
        { "NFKD", "𝟘𝟙1 ½Ⅷ", "48 49 49 273 226 129 132 50 86 73 73 73" },
    };

    [Theory]
    [MemberData(nameof(Golden))]
    public void A_tokenizer_json_gives_the_ids_of_Hugging_Face_and_keeps_them_when_saved(string? form, string text, string ids)
    {
        if (form is not null && "e\u0301".Normalize() != "\u00e9") Assert.Skip("This runtime is in globalization-invariant mode");
        var json = ForeignTokenizers.HuggingFace();
        if (form is not null) json["normalizer"] = new JsonObject { ["type"] = form };
        var tokenizer = TextTokenizer.FromHuggingFace(Write("tokenizer.json", json.ToJsonString()));

        Assert.Equal(ids, string.Join(' ', tokenizer.Encode(text)));
        Assert.Equal(tokenizer.Normalize(text), tokenizer.Decode(tokenizer.Encode(text)));
        using var stream = new MemoryStream();
        TextTokenizer.Save(tokenizer, stream);
        stream.Position = 0;
        Assert.Equal(ids, string.Join(' ', TextTokenizer.Load(stream).Encode(text)));
    }

    [Fact]
    public void A_tiktoken_file_gives_the_same_ids_where_no_token_is_added()
    {
        var tokenizer = TextTokenizer.FromTiktoken(Write("gpt2.tiktoken", ForeignTokenizers.Tiktoken()));

        foreach (var row in Golden.Where(row => row.Data.Item1 is null && !row.Data.Item2.Contains('<', StringComparison.Ordinal)))
        {
            Assert.Equal(row.Data.Item3, string.Join(' ', tokenizer.Encode(row.Data.Item2)));
            Assert.Equal(row.Data.Item2, tokenizer.Decode(tokenizer.Encode(row.Data.Item2)));
        }
    }

    public static TheoryData<string, string> Refused => new()
    {
        { """{"normalizer":{"type":"Lowercase"}}""", "normalizer Lowercase" },
        { """{"normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Strip"}]}}""", "normalizer Sequence" },
        { """{"pre_tokenizer":{"type":"Metaspace"}}""", "pre_tokenizer Metaspace" },
        { """{"pre_tokenizer":null}""", "pre_tokenizer null" },
        { """{"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split"},{"type":"ByteLevel"}]}}""",
            "pre_tokenizer Sequence of Split and ByteLevel" },
        { """{"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":true}}""", "ByteLevel with add_prefix_space" },
        { """{"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}}""", "ByteLevel without use_regex" },
        { """{"model":{"type":"Unigram"}}""", "model Unigram" },
        { """{"model":{"type":"WordPiece"}}""", "model WordPiece" },
        { """{"model":{"byte_fallback":true}}""", "BPE byte_fallback" },
        { """{"model":{"ignore_merges":true}}""", "BPE ignore_merges" },
        { """{"model":{"dropout":0.1}}""", "BPE dropout 0.1" },
        { """{"model":{"end_of_word_suffix":"</w>"}}""", "BPE end_of_word_suffix '</w>'" },
        { """{"added_tokens":[{"id":277,"content":"<mask>","lstrip":true}]}""", "added token '<mask>' with lstrip" },
        { """{"added_tokens":[{"id":900,"content":"<mask>"}]}""", "'<mask>' has the id 900" },
        { """{"model":{"merges":["q q"]}}""", "needs the token 'qq'" },
        { """{"model":{"merges":["q"]}}""", "\"q\" is no merge" },
        { """{"model":{"vocab":{"a":0}}}""", "the ids 0 to 2" },
        { """{"model":{"vocab":[]}}""", "no tokenizer.json that can be read" },
        { """{"model":null}""", "has no model" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_a_tokenizer_json_asks_for_beyond_that_is_refused_by_name(string change, string name)
    {
        var json = ForeignTokenizers.HuggingFace();
        foreach (var (key, value) in JsonNode.Parse(change)!.AsObject())
        {
            if (value is JsonObject fields && key == "model")
                foreach (var (field, inner) in fields) json[key]![field] = inner?.DeepClone();
            else
                json[key] = value?.DeepClone();
        }

        Assert.Contains(name, Fault("tokenizer.json", json.ToJsonString()), StringComparison.Ordinal);
    }

    [Fact]
    public void All_that_is_not_read_is_named_at_once()
    {
        var json = ForeignTokenizers.HuggingFace();
        json["normalizer"] = new JsonObject { ["type"] = "BertNormalizer" };
        json["model"]!["type"] = "WordPiece";
        var message = Fault("tokenizer.json", json.ToJsonString());
        Assert.Contains("normalizer BertNormalizer; model WordPiece", message, StringComparison.Ordinal);
        Assert.Contains("*.model", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cl100k_base.tiktoken", "", "not of 'cl100k_base'")]
    [InlineData("gpt2.tiktoken", "QQ== 9\n", "the rank 9 stands twice, or leaves a gap")]
    [InlineData("gpt2.tiktoken", "QQ==\n", "'QQ==' is not a token in base64 and its rank")]
    [InlineData("gpt2.tiktoken", "QUJD 277\n", "(rank 277) do not merge to two parts")]
    public void A_tiktoken_file_that_is_damaged_or_of_another_kind_is_refused(string name, string more, string fault)
        => Assert.Contains(fault, Fault(name, ForeignTokenizers.Tiktoken() + more), StringComparison.Ordinal);

    [Fact]
    public void Pairs_of_tokens_may_be_arrays_as_later_releases_write_them()
    {
        var json = ForeignTokenizers.HuggingFace();
        json["model"]!["merges"] = new JsonArray([.. ForeignTokenizers.Merges.Select(merge =>
            (JsonNode)new JsonArray([.. merge.Split(' ').Select(part => (JsonNode)part)]))]);
        Assert.Equal([116, 257], TextTokenizer.FromFile(Write("tokenizer.json", json.ToJsonString())).Encode("the"));
    }

    private string Fault(string name, string content)
        => Assert.Throws<InvalidDataException>(() => TextTokenizer.FromFile(Write(name, content))).Message;

    private string Write(string name, string content)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, content);
        return path;
    }
}
