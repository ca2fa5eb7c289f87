using Bdia.Core.Text;
using Bdia.MLNet.Tests.Support;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Bdia.MLNet.Tests.SequenceToSequence;

/// <summary>Texts and files that cannot be used, or hardly, from an application's view.</summary>
public class BadTextTests
{
    private readonly MLContext context = new(1);
    private readonly LogLines log;

    public BadTextTests() => log = new LogLines(context);

    private BdiaSequenceToSequenceTransformer Fit(IDataView data, Action<BdiaSequenceToSequenceTrainer.Options>? change = null)
    {
        var options = Sentences.Options();
        change?.Invoke(options);
        return context.SequenceToSequence.Trainers.Bdia(options).Fit(data);
    }

    private static string[] Predict(BdiaSequenceToSequenceTransformer model, IDataView data)
        => [.. ScoredRows.Of(model.Transform(data), "PredictedText").Rows.Select(row => (string)row[0])];

    private IDataView Texts(params string?[] texts) => Sentences.View(context, [.. texts.Select(text => (text, (string?)null))]);

    [Fact]
    public void Pairs_with_an_empty_side_are_left_out_of_training_and_counted()
    {
        using var model = Fit(Sentences.View(context, ("een", "1"), (null, "2"), ("", "2"), ("twee", null),
            ("drie", " \t"), ("\u0001", "4"), ("vijf", "5"), ("zes", "6")), options => options.ValidationFraction = 0);

        Assert.Contains(log.Of(ChannelMessageKind.Warning),
            line => line.StartsWith("5 of 8 training rows have an empty source or target", StringComparison.Ordinal));
    }

    [Fact]
    public void Data_without_a_usable_pair_is_an_error_that_says_so()
    {
        Assert.Contains("no rows", Assert.Throws<InvalidDataException>(() => Fit(Sentences.View(context))).Message,
            StringComparison.Ordinal);
        Assert.Contains("2 rows", Assert.Throws<InvalidDataException>(() => Fit(Sentences.View(context, ("een", ""), ("", "2")))).Message,
            StringComparison.Ordinal);
        Assert.Contains("validation data",
            Assert.Throws<InvalidDataException>(() => context.SequenceToSequence.Trainers.Bdia(Sentences.Options())
            .Fit(Sentences.View(context, 5), Sentences.View(context, ("een", "")))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_single_pair_can_be_trained_on()
    {
        using var model = Fit(Sentences.View(context, ("een twee", "1 2")), options => options.Epochs = 60);

        Assert.Equal(["1 2"], Predict(model, Texts("een twee")));
    }

    [Theory]
    [InlineData("\ud83d alone")]
    [InlineData("alone \ude00")]
    [InlineData("\u0000\u0001\u001b[31m een \u007f")]
    [InlineData("een\u2028twee\u0085drie\u00a0vier")]
    [InlineData("日本語 🇳🇱 👩‍👩‍👧 e\u0301 \u202eabc\u202c")]
    public void Any_text_goes_in(string text)
    {
        using var model = Fit(Sentences.View(context, (text, "1 2"), ("een", text), ("twee", "2")));

        Assert.Single(Predict(model, Texts(text)));
        Assert.DoesNotContain(log.Of(ChannelMessageKind.Warning), line => line.Contains("no text", StringComparison.Ordinal));
    }

    [Fact]
    public void Long_texts_are_cut_off_and_counted_or_refused_by_row_in_training()
    {
        var data = Sentences.View(context, ("een", "1"), (string.Join(' ', Enumerable.Repeat("zeven", 100)), "7"), ("twee", "2"));

        using (Fit(data, options => options.ValidationFraction = 0))
            Assert.Contains(log.Of(ChannelMessageKind.Warning),
                line => line.StartsWith("1 source and 0 target texts of the training rows have more than 40 tokens",
                StringComparison.Ordinal));
        var error = Assert.Throws<InvalidDataException>(
            () => Fit(data, options => (options.LongTexts, options.ValidationFraction) = (LongTextPolicy.Throw, 0)));

        Assert.Contains("row 1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Long_texts_are_cut_off_and_counted_or_refused_by_row_when_scoring_whatever_training_did()
    {
        using var model = Fit(Sentences.View(context, 12), options => options.LongTexts = LongTextPolicy.Throw);
        var data = Texts("een", string.Join(' ', Enumerable.Repeat("zeven", 100)));

        Assert.Contains("Row 1: the text has ", Assert.Throws<InvalidDataException>(() => Predict(model, data)).Message,
            StringComparison.Ordinal);
        model.LongTexts = LongTextPolicy.Truncate;
        Assert.Equal(2, Predict(model, data).Length);
        Assert.Single(log.Of(ChannelMessageKind.Warning), "1 row had more tokens than the model reads and was read up to that length.");
    }

    [Fact]
    public void A_line_of_a_megabyte_goes_in()
    {
        var line = string.Concat(Enumerable.Repeat("abcdefghij klm ", 70_000));
        using var model = Fit(Sentences.View(context, (line, "1"), ("een", line), ("twee", "2"), ("drie", "3")));

        Assert.Equal(2, Predict(model, Texts(line, "een")).Length);
    }

    [Fact]
    public void A_row_without_text_gets_an_empty_one_from_a_prediction_engine_too()
    {
        using var engine = context.Model.CreatePredictionEngine<Sentence,
            Scored>(SequenceToSequenceContractTests.Shared.Value, new PredictionEngineOptions { OwnsTransformer = false });

        foreach (var text in new[] { null, "", " \t " })
        {
            var prediction = engine.Predict(new Sentence { Source = text });
            Assert.Equal(("", 0f), (prediction.PredictedText, prediction.Score));
        }
        Assert.NotEqual(0, engine.Predict(new Sentence { Source = "een" }).Score);
    }

    private sealed class Scored
    {
        public string PredictedText { get; set; } = "";

        public float Score { get; set; }
    }

    [Fact]
    public void Tokenizer_files_are_read_and_stay_with_the_model()
    {
        using var folder = new TemporaryFolder();
        var tokenizer = TextTokenizer.Train(Sentences.Of(24).SelectMany(pair => new[] { pair.Source!, pair.Target! }),
            new TokenizerOptions { VocabularySize = 300 }, TestContext.Current.CancellationToken);
        TextTokenizer.ExportBytePair(tokenizer, folder.File("vocab.json"), folder.File("merges.txt"));
        using var model = Fit(Sentences.View(context, 24), options =>
            (options.SourceTokenizerFile, options.SourceMergesFile, options.TargetTokenizerFile, options.TargetMergesFile)
            = (folder.File("vocab.json"), folder.File("merges.txt"), folder.File("vocab.json"), folder.File("merges.txt")));
        File.Delete(folder.File("vocab.json"));
        context.Model.Save(model, null, folder.File("model.zip"));

        using var loaded = (BdiaSequenceToSequenceTransformer)context.Model.Load(folder.File("model.zip"), out _);

        Assert.Same(model.Model.SourceTokenizer, model.Model.TargetTokenizer);
        Assert.Equal(tokenizer.Encode("een twee xyz"), loaded.Model.SourceTokenizer.Encode("een twee xyz"));
        Assert.Equal(Predict(model, Texts("een twee")), Predict(loaded, Texts("een twee")));
    }

    [Fact]
    public void A_ready_tokenizer_is_used_on_its_side()
    {
        var characters = TextTokenizer.Train(["abc"], new TokenizerOptions { TokenLevel = TokenLevel.Character },
            TestContext.Current.CancellationToken);
        using var model = Fit(Sentences.View(context, 24), options => options.TargetTokenizer = characters);

        Assert.Same(characters, model.Model.TargetTokenizer);
        Assert.NotSame(characters, model.Model.SourceTokenizer);
    }

    [Fact]
    public void Tokenizer_files_that_do_not_fit_are_refused_when_the_trainer_is_made()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("vocab.json"), """{"a": 0}""");
        File.WriteAllText(folder.File("merges.txt"), "x y\n");
        var options = Sentences.Options();
        (options.SourceTokenizerFile, options.SourceMergesFile) = (folder.File("vocab.json"), folder.File("merges.txt"));
        Assert.ThrowsAny<InvalidDataException>(() => context.SequenceToSequence.Trainers.Bdia(options));

        options.SourceMergesFile = null; // a vocabulary is no SentencePiece model
        var fault = Assert.ThrowsAny<InvalidDataException>(() => context.SequenceToSequence.Trainers.Bdia(options));
        Assert.Contains("vocab.json' is JSON and no SentencePiece model", fault.Message, StringComparison.Ordinal);
        Assert.Contains("SourceMergesFile", fault.Message, StringComparison.Ordinal);
    }
}
