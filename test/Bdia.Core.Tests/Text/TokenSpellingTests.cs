using System.Text;
using System.Text.RegularExpressions;
using Bdia.Core.Tests.Architecture;
using Bdia.Core.Text;
using CsCheck;

namespace Bdia.Core.Tests.Text;

/// <summary>What tokens write one by one is what the tokenizer writes of all of them.</summary>
public partial class TokenSpellingTests
{
    private static readonly string Folder = Path.Combine(SourceTree.Root, "test", "Bdia.Core.Tests", "Text", "SentencePieceModels");

    private static readonly TextNormalization AsItIs = new() { CollapseWhiteSpace = false };

    [Theory]
    [InlineData(TokenLevel.BytePair)]
    [InlineData(TokenLevel.Word)]
    [InlineData(TokenLevel.Character)]
    public void Of_tokenizers_trained_here(TokenLevel level)
        => AssertSpelled(TextTokenizer.Train(Corpus.Lines(300), new TokenizerOptions
        {
            TokenLevel = level, VocabularySize = 400, UserDefinedSymbols = ["<sep>"], Normalization = AsItIs,
        }, TestContext.Current.CancellationToken));

    [Theory]
    [InlineData("bpe-bytes")]
    [InlineData("bpe-symbols")]
    [InlineData("char")]
    [InlineData("unigram-symbols")]
    [InlineData("unigram-t5")]
    [InlineData("word")]
    public void Of_SentencePiece_models(string name)
        => AssertSpelled(TextTokenizer.FromSentencePiece(Path.Combine(Folder, $"{name}.model")));

    [Fact]
    public void A_model_that_changes_texts_as_a_whole_does_not_tell()
        => Assert.Null(((ISpelledTokenizer)TextTokenizer.FromSentencePiece(
            Path.Combine(Folder, "unigram-suffix.model"))).Spelling);

    // Any tokens in any order, as a network may write them.
    private static void AssertSpelled(ITextTokenizer tokenizer)
    {
        var spelling = ((ISpelledTokenizer)tokenizer).Spelling!;
        Assert.Equal(tokenizer.Size, spelling.Count);
        Gen.Int[0, tokenizer.Size - 1].Array[0, 12].Sample(ids =>
        {
            var (bytes, atStart, writing) = (new List<byte>(), true, new List<int>());
            foreach (var id in ids)
            {
                bytes.AddRange(spelling.Bytes(id, ref atStart));
                var inside = false;
                // A sign of control never writes anything. Between bytes of one character SentencePiece takes it for the end of them.
                if (spelling.Bytes(id, ref inside).IsEmpty) Assert.Equal("", tokenizer.Decode([id]));
                else writing.Add(id);
            }

            Assert.Equal(OneSign(tokenizer.Decode([.. writing])), OneSign(Encoding.UTF8.GetString([.. bytes])));
        }, iter: 300);
    }

    // Bytes that are no UTF-8: SentencePiece writes a sign for each, .NET one for several that begin a character.
    private static string OneSign(string text) => Invalid().Replace(text, "\ufffd");

    [GeneratedRegex("\ufffd+")]
    private static partial Regex Invalid();
}
