using Bdia.Core.Metrics;
using Bdia.Core.Text;
using Bdia.MLNet.Scoring;
using Bdia.MLNet.SequenceToSequence;
using Bdia.MLNet.Texts;
using Bdia.MLNet.Tests.Support;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Bdia.MLNet.Tests.SequenceToSequence;

/// <summary>What Evaluate makes of columns; the figures themselves are tested beside BLEU and chrF.</summary>
public class EvaluateTests
{
    private readonly MLContext context = new();

    private sealed class Scored
    {
        public string? PredictedText { get; set; }

        public string? Target { get; set; }

        public string? Second { get; set; }

        [VectorType(2)]
        public string[] Both { get; set; } = [];

        public string[] Any { get; set; } = [];

        public float Number { get; set; }
    }

    private static readonly Scored[] rows =
    [
        new() { PredictedText = "The cat sat on the mat.", Target = "The cat sat on the mat.",
            Second = "A cat sat on a mat.", Both = ["The cat sat on the mat.", "A cat sat on a mat."], Any = ["The cat sat on the mat."] },
        new() { PredictedText = " two dogs run in the park ", Target = "two dogs are running in a park",
            Second = "two dogs run in the park", Both = ["two dogs are running in a park", "two dogs run in the park"], Any = ["x", "y"] },
        new() { PredictedText = null, Target = "nothing was written here", Second = "nothing at all",
            Both = ["nothing was written here", "nothing at all"], Any = ["z"] },
    ];

    private IDataView View(params Scored[] some) => context.Data.LoadFromEnumerable(some);

    private static string[] Predictions => [.. rows.Select(row => row.PredictedText ?? "")];

    [Fact]
    public void All_figures_are_those_of_the_corpus()
    {
        string[][] references = [.. rows.Select(row => new[] { row.Target! })];
        var (bleu, chrf) = (Bleu.Corpus(Predictions, references), Chrf.Corpus(Predictions, references));

        var metrics = context.SequenceToSequence.Evaluate(View(rows));

        Assert.Equal((bleu.Score, bleu.Signature, bleu.BrevityPenalty, bleu.HypothesisLength, bleu.ReferenceLength),
            (metrics.Bleu, metrics.BleuSignature, metrics.BrevityPenalty, metrics.HypothesisLength, metrics.ReferenceLength));
        Assert.Equal(bleu.Precisions, metrics.Precisions);
        Assert.Equal((chrf.Score, chrf.Signature), (metrics.Chrf, metrics.ChrfSignature));
        Assert.Equal((1.0 / 3, 3), (metrics.ExactMatch, metrics.RowCount));
        Assert.InRange(metrics.Bleu, 1, 99);
    }

    [Fact]
    public void Perfect_predictions_score_100()
    {
        var metrics = context.SequenceToSequence.Evaluate(View(rows[0], rows[0]), "Target", "Target");

        Assert.Equal((100.0, 100.0, 1.0, 1.0),
            (Math.Round(metrics.Bleu, 9), Math.Round(metrics.Chrf, 9), metrics.ExactMatch, metrics.BrevityPenalty));
    }

    [Fact]
    public void Several_columns_and_a_vector_are_several_references()
    {
        var separate = context.SequenceToSequence.Evaluate(View(rows), ["Target", "Second"]);
        var vector = context.SequenceToSequence.Evaluate(View(rows), "Both");

        Assert.Equal((separate.Bleu, separate.Chrf, separate.ExactMatch), (vector.Bleu, vector.Chrf, vector.ExactMatch));
        Assert.Contains("nrefs:2", separate.BleuSignature, StringComparison.Ordinal);
        Assert.Equal(2.0 / 3, separate.ExactMatch);
        Assert.True(separate.Bleu > context.SequenceToSequence.Evaluate(View(rows)).Bleu);
    }

    [Fact]
    public void Rows_may_have_different_numbers_of_references()
        => Assert.Contains("nrefs:var", context.SequenceToSequence.Evaluate(View(rows), "Any").BleuSignature, StringComparison.Ordinal);

    [Fact]
    public void An_empty_cell_is_no_reference()
    {
        // Ten wrong predictions, two of them empty: an empty second cell must not make them right.
        var wrong = Enumerable.Range(0, 10).Select(i => new Scored
        {
            PredictedText = i < 2 ? "" : "something else was written here", Target = "the cat sat on the mat", Second = i % 2 == 0
                ? "" : " \t", Any = ["", "the cat sat on the mat"],
        }).ToArray();
        var one = context.SequenceToSequence.Evaluate(View(wrong), "Target");

        foreach (var metrics in (SequenceToSequenceMetrics[])
            [context.SequenceToSequence.Evaluate(View(wrong), ["Target", "Second"]),
                context.SequenceToSequence.Evaluate(View(wrong), ["Second", "Target"]),
                context.SequenceToSequence.Evaluate(View(wrong), "Any")])
        {
            Assert.Equal((one.Bleu, one.BleuSignature, one.Chrf, 0.0, 10, 0),
                (metrics.Bleu, metrics.BleuSignature, metrics.Chrf, metrics.ExactMatch, metrics.RowCount, metrics.RowsWithoutReference));
            Assert.Equal(one.ReferenceLength, metrics.ReferenceLength);
        }
    }

    [Fact]
    public void Rows_without_any_reference_are_left_out_counted_and_told()
    {
        var log = new LogLines(context);
        var some = context.SequenceToSequence.Evaluate(
            View(rows[0], new() { PredictedText = "" }, new() { PredictedText = "x", Target = "" }, rows[1]));

        Assert.Equal((2, 2, 0.5), (some.RowCount, some.RowsWithoutReference, some.ExactMatch));
        Assert.Equal(context.SequenceToSequence.Evaluate(View(rows[0], rows[1])).Bleu, some.Bleu);
        Assert.Contains(log.Of(ChannelMessageKind.Warning),
            line => line.Contains("2 of 4 rows have no reference", StringComparison.Ordinal));
        Assert.Contains("none of the 1 rows has a reference",
            Assert.Throws<InvalidDataException>(
                () => context.SequenceToSequence.Evaluate(View(new Scored { PredictedText = "x", Both = ["", ""] }), "Any")).Message,
                StringComparison.Ordinal);
    }

    [Fact]
    public void Bleu_and_chrF_are_computed_as_the_options_say()
    {
        var options = new SequenceToSequenceEvaluationOptions { Bleu = new() { Tokenizer = BleuTokenizer.Character, LowerCase = true },
            Chrf = new() { WordOrder = 2 } };
        string[][] references = [.. rows.Select(row => new[] { row.Target! })];

        var metrics = context.SequenceToSequence.Evaluate(View(rows), options: options);

        Assert.Equal((Bleu.Corpus(Predictions, references, options.Bleu).Score, Chrf.Corpus(Predictions, references, options.Chrf).Score),
            (metrics.Bleu, metrics.Chrf));
        Assert.Contains("tok:char", metrics.BleuSignature, StringComparison.Ordinal);
        Assert.Contains("nw:2", metrics.ChrfSignature, StringComparison.Ordinal);
        Assert.Contains("WordOrder is 9",
            Assert.Throws<ArgumentException>(
            () => context.SequenceToSequence.Evaluate(View(rows), options: options with { Chrf = new() { WordOrder = 9 } })).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void References_are_normalised_as_the_model_s_targets_were_unless_told_otherwise()
    {
        var target = TextTokenizer.Train(["any text"], new() { Normalization = new() { LowerCase = true } },
            TestContext.Current.CancellationToken);
        var model = new TextBatchModel("SequenceToSequence", context, new ReversingTranslator { TargetTokenizer = target },
            new("Source", "PredictedText", "Score", "PredictedTexts", "Scores", "Finished"), new(), LongTextPolicy.Truncate);
        var data = Sentences.View(context, ("tac a", "A  CAT"), ("god a", "A DOG\t"));
        var scored = new BatchedScoringView(data, model, 4);

        Assert.Equal(1, Exact(scored));
        Assert.Equal(1, Exact(context.Data.Cache(
            context.Data.ShuffleRows(context.Transforms.CopyColumns("Other", "Number").Fit(scored).Transform(scored)))));
        Assert.Equal(0, Exact(scored, new() { ReferenceNormalization = new() { CollapseWhiteSpace = false } }));
        Assert.Equal(1, Exact(Bare(scored), new() { ReferenceNormalization = new() { LowerCase = true } }));
        Assert.Equal(0, Exact(Bare(scored)));

        // ML.NET's own files keep the rows, and not what the model knows; a model's schema goes through them as well.
        using var folder = new TemporaryFolder();
        using (var file = File.Create(folder.File("scored.idv")))
            context.Data.SaveAsBinary(scored, file);
        Assert.Equal(0, Exact(context.Data.LoadFromBinary(folder.File("scored.idv"))));
        context.Model.Save(context.Transforms.CopyColumns("Other", "PredictedText").Fit(scored), scored.Schema, folder.File("model.zip"));
        Assert.Equal(1, Exact(context.Model.Load(folder.File("model.zip"), out _).Transform(scored)));

        double Exact(IDataView view, SequenceToSequenceEvaluationOptions? options = null) =>
            context.SequenceToSequence.Evaluate(view, options: options).ExactMatch;

        // As it comes from a file: without what the model knows.
        IDataView Bare(IDataView view) =>
            context.Data.LoadFromEnumerable(
            ScoredRows.Of(view, "PredictedText",
            "Target").Rows.Select(row => new Scored { PredictedText = $"{row[0]}", Target = $"{row[1]}" }).ToList());
    }

    [Fact]
    public void Columns_that_are_missing_or_of_another_type_are_told_in_ML_NET_s_words()
    {
        var catalog = context.SequenceToSequence;

        AssertFault("Could not find target column 'Reference'", () => catalog.Evaluate(View(rows), "Reference"));
        AssertFault("Could not find predicted text column 'Answer'", () => catalog.Evaluate(View(rows), "Target", "Answer"));
        AssertFault("Schema mismatch for target column 'Number': expected String or Vector<String>, got Single",
            () => catalog.Evaluate(View(rows), "Number"));
        AssertFault("Schema mismatch for predicted text column 'Both': expected String, got Vector<String>",
            () => catalog.Evaluate(View(rows), "Target", "Both"));
        Assert.Throws<ArgumentException>(() => catalog.Evaluate(View(rows), [], "PredictedText"));

        static void AssertFault(string text, Func<object> act)
            => Assert.StartsWith(text, Assert.Throws<ArgumentOutOfRangeException>(act).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Data_without_rows_is_an_error()
        => Assert.Contains("no rows", Assert.Throws<InvalidDataException>(() => context.SequenceToSequence.Evaluate(View())).Message,
            StringComparison.Ordinal);

    [Fact]
    public void The_catalog_can_be_reached_without_an_extension_property()
        => Assert.Equal(3, new SequenceToSequenceCatalog(context).Evaluate(View(rows)).RowCount);
}
