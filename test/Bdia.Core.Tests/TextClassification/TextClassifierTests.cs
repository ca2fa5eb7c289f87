using System.Text.Json.Nodes;
using Bdia.Core.Models;
using Bdia.Core.Tests.Training;
using Bdia.Core.Text;
using Bdia.Core.TextClassification;
using Bdia.Core.Training;
using TorchSharp;

namespace Bdia.Core.Tests.TextClassification;

public class TextClassifierTests
{
    private static readonly Lazy<TextClassifier> Trained = new(() => Train(pairs: false));
    private static readonly Lazy<TextClassifier> OfPairs = new(() => Train(pairs: true));

    private static TextClassifier Train(bool pairs) => TextClassifierTraining.Run(ToyTexts.Tiny with { Pairs = pairs }, ToyTexts.Short,
        ToyTexts.Words, new ToyTexts(60, pairs: pairs));

    private static float[] Score(TextClassifier classifier, string?[] texts, string?[]? seconds = null)
    {
        var scores = new float[texts.Length * classifier.Model.Options.Classes];
        classifier.Score(texts, seconds, scores);
        return scores;
    }

    [Fact]
    public void A_saved_classifier_scores_to_the_same_bits()
    {
        foreach (var (classifier, seconds) in new[] { (Trained.Value, (string?[]?)null), (OfPairs.Value, ["ef", "ab cd ef"]) })
        {
            using var stream = new MemoryStream();
            classifier.SaveWeights(stream);
            stream.Position = 0;
            using var loaded = TextClassifier.Load(stream, classifier.ToJson());

            Assert.Equal(Score(classifier, ["ab ef cd", "gh"], seconds), Score(loaded, ["ab ef cd", "gh"], seconds));
            Assert.Equal((classifier.MaxTokens, classifier.LongTexts), (loaded.MaxTokens, loaded.LongTexts));
            Assert.Null(loaded.Result);
        }
    }

    [Fact]
    public void Rows_sum_to_one_whatever_stands_beside_them_and_rows_without_text_have_no_probabilities()
    {
        string?[] texts = ["ab cd", "", "cd ef ef ef ef ef ab", null, " \t ", string.Join(' ', Enumerable.Repeat("ef", 500))];
        var scores = Score(Trained.Value, texts);

        foreach (var row in new[] { 1, 3, 4 }) Assert.All(scores.Skip(2 * row).Take(2), score => Assert.True(float.IsNaN(score)));
        foreach (var row in new[] { 0, 2, 5 })
        {
            Assert.Equal(1, scores.Skip(2 * row).Take(2).Sum(), 1e-6);
            Assert.All(Score(Trained.Value, [texts[row]]).Zip(scores.Skip(2 * row)),
                pair => Assert.Equal(pair.First, pair.Second, 1e-4)); // float32 sums over other paddings
        }
    }

    [Fact]
    public void Thousands_of_rows_are_scored_in_parts_of_like_length()
    {
        string[] texts = [.. new ToyTexts(3000, seed: 9).Read().Select(row => row.Text)];

        Assert.All(Score(Trained.Value, texts).Chunk(2), row => Assert.Equal(1, row.Sum(), 1e-6));
    }

    [Fact]
    public void A_row_that_is_too_long_is_cut_or_refused_by_its_index()
    {
        var cutting = Trained.Value;
        using var network = TextEncoder.WithoutValues(cutting.Model.Options);
        using var strict = new TextClassifier(network, cutting.Tokenizer, cutting.MaxTokens, LongTextPolicy.Throw);
        var text = string.Join(' ', Enumerable.Repeat("ef", 60));

        Assert.Equal(2, Score(cutting, [text]).Length);
        Assert.Contains($"Row 1 has {cutting.CountTokens(text)} tokens",
            Assert.Throws<ArgumentException>(() => Score(strict, ["ab", text])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Lists_that_do_not_belong_together_are_refused()
    {
        Assert.Contains("give no second ones", Assert.Throws<ArgumentException>(() => Score(Trained.Value, ["a"], ["b"])).Message,
            StringComparison.Ordinal);
        Assert.Contains("give as many of both", Assert.Throws<ArgumentException>(() => Score(OfPairs.Value, ["a"])).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Score(OfPairs.Value, ["a"], ["b", "c"]));
        Assert.Throws<ArgumentException>(() => Trained.Value.Score(["a"], null, new float[3]));
    }

    [Fact]
    public void Parts_of_different_models_are_refused()
    {
        var classifier = Trained.Value;
        var other = TextTokenizer.Train(["zz yy xx ww", "zz yy xx ww"], new(), TestContext.Current.CancellationToken);
        using var network = new TextEncoder(classifier.Model.Options, 1);

        Assert.Contains("The tokenizer has", Assert.Throws<ArgumentException>(
            () => new TextClassifier(network, other, 20, LongTextPolicy.Truncate)).Message, StringComparison.Ordinal);
        Assert.Contains("MaxTokens is 1", Assert.Throws<ArgumentException>(
            () => new TextClassifier(network, classifier.Tokenizer, 1, LongTextPolicy.Truncate)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("FormatVersion", 2)]
    [InlineData("Model", null)]
    [InlineData("Tokenizer", null)]
    [InlineData("Tokenizer", "AAAA")]
    [InlineData("MaxTokens", 100_000)]
    [InlineData("LongTexts", "Guess")]
    public void A_description_that_is_not_as_it_was_written_is_refused(string name, object? value)
    {
        var json = JsonNode.Parse(Trained.Value.ToJson())!.AsObject();
        json[name] = value is null ? null : JsonValue.Create(value);
        using var stream = new MemoryStream();
        Trained.Value.SaveWeights(stream);
        stream.Position = 0;

        Assert.Throws<InvalidDataException>(() => TextClassifier.Load(stream, json.ToJsonString()));
        Assert.Throws<InvalidDataException>(() => TextClassifier.Load(stream, "no json"));
    }

    [Fact]
    public void A_disposed_classifier_says_so()
    {
        var classifier = Train(pairs: false);
        classifier.Dispose();
        classifier.Dispose();

        Assert.Throws<ObjectDisposedException>(() => Score(classifier, ["ab"]));
        Assert.Throws<ObjectDisposedException>(() => classifier.SaveWeights(Stream.Null));
    }
}
