using Bdia.Core.Decoding;
using Bdia.Core.Models;
using Bdia.Core.Onnx;
using Bdia.Core.Reversible;
using Bdia.Core.Text;
using Bdia.MLNet;
using Bdia.MLNet.Tests.Support;
using Bdia.Onnx.Tests.Support;
using Bdia.Samples.OnnxTranslation;
using Microsoft.ML;

namespace Bdia.Onnx.Tests.SequenceToSequence;

/// <summary>The sample that knows ONNX Runtime alone writes the texts of the model whose files it reads.</summary>
public class SampleTranslationTests
{
    private static readonly Lazy<BdiaSequenceToSequenceTransformer> fitted = new(() =>
    {
        var context = new MLContext(1);
        return context.SequenceToSequence.Trainers.Bdia(Sentences.Options(epochs: 12)).Fit(Sentences.View(context, 120));
    });

    private static readonly string[] texts =
        [.. Sentences.Of(40, seed: 9).Select(row => row.Source!), "", "  ", "één \ud83d\ude00 zes", "Twee\tdrie", new string('x', 500)];

    private static IReadOnlyList<string> Ours(BdiaSequenceToSequenceTransformer model, DecodingOptions decoding)
        => [.. model.Model.Translate(texts, decoding).Select(found => found[0].Text)];

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Texts_are_those_of_the_model_greedily_and_with_a_beam(int beam)
    {
        using var folder = new TemporaryFolder();
        fitted.Value.SaveOnnx(folder.Path);
        using var sample = OnnxTranslator.Open(folder.Path, threads: 1);

        var expected = Ours(fitted.Value, fitted.Value.Decoding with { BeamSize = beam });

        Assert.Equal(expected, sample.Translate(texts, beam));
        Assert.True(expected.Distinct().Count() > 20, "The model writes next to nothing: the test would not notice a fault.");
    }

    [Fact]
    public void A_loaded_model_gives_the_files_of_the_fitted_one_byte_for_byte()
    {
        using TemporaryFolder before = new(), after = new();
        using var stream = new MemoryStream();
        new MLContext().Model.Save(fitted.Value, null, stream);
        stream.Position = 0;
        using var loaded = (BdiaSequenceToSequenceTransformer)new MLContext().Model.Load(stream, out _);
        fitted.Value.SaveOnnx(before.Path);
        loaded.SaveOnnx(after.Path);

        Assert.All((string[])["encoder.onnx", "decoder.onnx", "translator.json"], name =>
            Assert.Equal(File.ReadAllBytes(Path.Combine(before.Path, name)), File.ReadAllBytes(Path.Combine(after.Path, name))));
    }

    [Fact]
    public void A_rule_of_writing_that_the_sample_does_not_know_is_named()
    {
        using var folder = new TemporaryFolder();
        fitted.Value.Model.SaveOnnx(folder.Path, decoding: fitted.Value.Decoding with { MinLength = 3 });

        Assert.Contains("minLength = 3", Assert.Throws<NotSupportedException>(() => OnnxTranslator.Open(folder.Path)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(TokenLevel.BytePair, true)]
    [InlineData(TokenLevel.BytePair, false)]
    [InlineData(TokenLevel.Word, true)]
    [InlineData(TokenLevel.Character, false)]
    public void Tokens_are_those_of_the_model_s_tokenizer(TokenLevel level, bool splitDigits)
    {
        string[] corpus = ["De kat zit op de mat.", "een twee 123 4567 drie", "ça va l'été, isn't it?", "日本語 テスト"];
        var tokenizer = TextTokenizer.Train(corpus, new()
        {
            TokenLevel = level, VocabularySize = 320, SplitDigits = splitDigits, UserDefinedSymbols = ["<sep>"],
            Normalization = new() { LowerCase = true },
        }, TestContext.Current.CancellationToken);
        var options = Translators.Small with
        {
            SourceVocabulary = tokenizer.Size + SpecialTokens.Count, TargetVocabulary = tokenizer.Size + SpecialTokens.Count,
        };
        using var translator = new Bdia.Core.SequenceToSequence.Translator(new EncoderDecoder(options, 1), tokenizer, tokenizer, 16,
            LongTextPolicy.Truncate, new());
        using var folder = new TemporaryFolder();
        translator.SaveOnnx(folder.Path);
        var sample = new Tokenizer(Description.Read(Path.Combine(folder.Path, "translator.json")).SourceTokenizer);

        Assert.All(
            [.. corpus, "", "een<sep>twee <sep>", " leading", "trailing \u00a0 ", "12 34\u0001",
                "unseen 語 \ud83d\ude00 e\u0301", "x\ud800y"],
            text =>
            {
                Assert.Equal(tokenizer.Encode(text), sample.Encode(text));
                Assert.Equal(tokenizer.Decode(tokenizer.Encode(text)), sample.Decode(sample.Encode(text)));
            });
    }
}
