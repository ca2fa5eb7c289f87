using System.Text.Json;
using Bdia.Core.Tests.Architecture;
using Bdia.Core.Text;

namespace Bdia.Core.Tests.Text;

/// <summary>
/// Ids and texts against those of SentencePiece 0.1.97: constants that make.py beside the models wrote, for each kind of model.
/// </summary>
public class SentencePieceEqualityTests
{
    private static readonly string Folder = Path.Combine(SourceTree.Root, "test", "Bdia.Core.Tests", "Text", "SentencePieceModels");

    public static TheoryData<string> Models => [.. Expectations().Select(model => model.Model)];

    [Theory]
    [MemberData(nameof(Models))]
    public void Ids_and_texts_are_those_of_SentencePiece(string name)
    {
        var tokenizer = TextTokenizer.FromSentencePiece(Path.Combine(Folder, name + ".model"));
        var texts = Expectations().Single(model => model.Model == name).Texts;
        Assert.True(texts.Length > 10);
        Assert.All(texts, expected =>
        {
            Assert.Equal(expected.Ids, tokenizer.Encode(expected.Text));
            // SentencePiece leaves the space that such a model puts behind a text.
            var decoded = name == "unigram-suffix" && expected.Decoded.EndsWith(' ') ? expected.Decoded[..^1] : expected.Decoded;
            Assert.Equal(decoded, tokenizer.Decode(expected.Ids));
        });
    }

    [Theory]
    [InlineData("unigram-t5", "\u3000The ﬁsh\u200b", "the fish")]
    [InlineData("unigram-symbols", "  a  ☃", "  a  ☃")]
    [InlineData("unigram-suffix", " The ﬁsh ", "the fish")]
    [InlineData("bpe-bytes", " The  e\u0301 ", " the  é ")]
    public void A_normalised_text_is_what_the_model_would_write_if_it_knew_every_piece(string name, string text, string expected) =>
        Assert.Equal(expected, TextTokenizer.FromSentencePiece(Path.Combine(Folder, name + ".model")).Normalize(text));

    private static Expectation[] Expectations() =>
        JsonSerializer.Deserialize<Expectation[]>(File.ReadAllText(Path.Combine(Folder, "expected.json")), JsonSerializerOptions.Web)!;

    private sealed record Expectation(string Model, ExpectedText[] Texts);

    private sealed record ExpectedText(string Text, int[] Ids, string Decoded);
}
