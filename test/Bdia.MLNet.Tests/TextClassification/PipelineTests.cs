using Bdia.Core.Text;
using Bdia.MLNet.Tests.Support;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;

namespace Bdia.MLNet.Tests.TextClassification;

/// <summary>The trainer inside whole ML.NET pipelines.</summary>
public class PipelineTests
{
    private readonly MLContext context = new(1);

    private sealed class Prediction
    {
        public string PredictedLabel { get; set; } = "";

        public float[] Score { get; set; } = [];

        public float Number { get; set; }
    }

    private IDataView Rows(int count, int seed = 0) => context.Data.LoadFromEnumerable(Topics.Of(count, seed).ToList());

    private EstimatorChain<BdiaTextClassificationTransformer> Trained(int epochs = 8, string? other = null)
        => context.Transforms.Conversion.MapValueToKey("Label", nameof(Topic.Name))
            .Append(context.MulticlassClassification.Trainers.BdiaTextClassification(Topics.Options(epochs, other)));

    private EstimatorChain<KeyToValueMappingTransformer> Named()
        => Trained().Append(context.Transforms.Conversion.MapKeyToValue("PredictedLabel"));

    [Theory]
    [InlineData(null)]
    [InlineData("Other")]
    public void A_pipeline_learns_from_texts_and_pairs_and_Evaluate_judges_it(string? other)
    {
        using var model = Trained(other: other).Fit(Rows(90));

        var metrics = context.MulticlassClassification.Evaluate(model.Transform(Rows(30, seed: 9)));

        Assert.InRange(metrics.MicroAccuracy, 0.9, 1);
        Assert.InRange(metrics.LogLoss, 0, 0.9);
        Assert.Equal(3, metrics.ConfusionMatrix.NumberOfClasses);
        Assert.Contains("animal", metrics.ConfusionMatrix.GetFormattedConfusionTable(), StringComparison.Ordinal);
    }

    [Fact]
    public void Probabilities_sum_to_one_have_the_classes_names_and_the_predicted_label_is_the_largest()
    {
        using var model = Trained(epochs: 1).Fit(Rows(24));
        var scored = model.Transform(Rows(24));
        VBuffer<ReadOnlyMemory<char>> names = default;
        scored.Schema["Score"].GetSlotNames(ref names);

        var rows = ScoredRows.Of(scored, "Score", "PredictedLabel").Rows;

        Assert.Equal(["fruit", "animal", "tool"], names.DenseValues().Select(name => name.ToString()));
        Assert.All(rows, row => Assert.InRange(((float[])row[0]).Sum(), 1 - 1e-5, 1 + 1e-5));
        Assert.All(rows, row => Assert.Equal(((float[])row[0]).Max(), ((float[])row[0])[(uint)row[1] - 1]));
    }

    [Fact]
    public void A_prediction_engine_gives_the_label_by_name_and_the_scores_of_a_view()
    {
        using var model = Named().Fit(Rows(60));
        using var engine = context.Model.CreatePredictionEngine<Topic, Prediction>(model,
            new PredictionEngineOptions { OwnsTransformer = false });
        var view = context.Data.CreateEnumerable<Prediction>(model.Transform(Rows(12, seed: 3)), reuseRowObject: false).ToList();

        foreach (var (row, expected) in Topics.Of(12, seed: 3).Zip(view))
        {
            var prediction = engine.Predict(row);
            Assert.Equal(expected.PredictedLabel, prediction.PredictedLabel);
            Assert.Equal(row.Number, prediction.Number);
            Assert.All(expected.Score.Zip(prediction.Score), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 1e-4));
        }
        Assert.Contains(view, prediction => prediction.PredictedLabel == "tool");
    }

    [Fact]
    public void CrossValidate_works_where_a_class_is_absent_from_the_training_folds()
    {
        var rows = Topics.Of(30).ToList();
        foreach (var row in rows)
            row.Number = row.Name == "tool" || row.Number < 15 ? 1 : 0; // all tools go into one fold, the others into both
        var data = Topics.Labelled(context, rows);

        var folds = context.MulticlassClassification.CrossValidate(data,
            context.MulticlassClassification.Trainers.BdiaTextClassification(Topics.Options()),
            numberOfFolds: 2, samplingKeyColumnName: "Number");

        Assert.Equal(2, folds.Count);
        Assert.All(folds, fold => Assert.Equal(3, fold.Metrics.ConfusionMatrix.NumberOfClasses));
        foreach (var fold in folds)
            ((IDisposable)fold.Model).Dispose();
    }

    [Fact]
    public void The_short_overload_names_columns_and_a_validation_set()
    {
        var data = Topics.View(context, 12);
        var trainer = context.MulticlassClassification.Trainers.BdiaTextClassification(
            "Label", "Text", sentence2ColumnName: "Other", scoreColumnName: "P", predictedLabelColumnName: "Guess", validationSet: data,
            epochs: 1);

        using var model = trainer.Fit(data);

        Assert.Equal(["Guess", "P"], model.Transform(data).Schema.Select(column => column.Name).TakeLast(2));
        Assert.Equal(("Text", "Other"), (model.Sentence1ColumnName, model.Sentence2ColumnName));
        Assert.Equal(12, Assert.Single(model.Model.Result!.History).Validation!.Items);
    }

    [Fact]
    public void Validation_rows_with_other_keys_are_refused()
        => Assert.Contains("other values", Assert.Throws<ArgumentException>(
            () => context.MulticlassClassification.Trainers.BdiaTextClassification(Topics.Options()).Fit(Topics.View(context, 24),
                Topics.Labelled(context, Topics.Of(24).Skip(1)))).Message, StringComparison.Ordinal);

    [Fact]
    public void Rows_without_text_or_label_are_left_out_of_training_and_get_no_label_when_scored()
    {
        var log = new LogLines(context);
        var rows = Topics.Of(24).ToList();
        (rows[3].Text, rows[7].Text) = (null, " \t ");
        using var model = context.MulticlassClassification.Trainers.BdiaTextClassification(Topics.Options())
            .Fit(Topics.Labelled(context, rows));
        Assert.Contains(log.Of(ChannelMessageKind.Warning), line => line == "2 rows had no text and were left out.");

        var scored = ScoredRows.Of(model.Transform(Topics.Labelled(context, rows)), "Score", "PredictedLabel").Rows;
        var metrics = context.MulticlassClassification.Evaluate(model.Transform(Topics.Labelled(context, rows)));

        foreach (var row in new[] { 3, 7 })
        {
            Assert.Equal(0u, scored[row][1]);
            Assert.All((float[])scored[row][0], score => Assert.True(float.IsNaN(score)));
        }
        Assert.All(scored.Where((_, row) => row is not (3 or 7)), row => Assert.NotEqual(0u, row[1]));
        Assert.Contains(log.Of(ChannelMessageKind.Warning),
            line => line == "2 rows had no text and were given NaN scores and no label.");
        Assert.InRange(metrics.MicroAccuracy, 0, 1);
    }

    [Fact]
    public void A_pair_of_which_one_text_is_empty_is_scored()
    {
        var rows = Topics.Of(24).ToList();
        (rows[3].Text, rows[4].Other, rows[5].Text, rows[5].Other) = (null, "", "", null);
        using var model = context.MulticlassClassification.Trainers.BdiaTextClassification(Topics.Options(other: "Other"))
            .Fit(Topics.View(context, 24));

        var scored = ScoredRows.Of(model.Transform(Topics.Labelled(context, rows)), "PredictedLabel").Rows;

        Assert.All([3, 4], row => Assert.NotEqual(0u, scored[row][0]));
        Assert.Equal(0u, scored[5][0]);
    }

    [Fact]
    public void Long_texts_are_cut_and_counted_or_refused_by_row_and_a_fitted_model_may_be_told_otherwise()
    {
        var log = new LogLines(context);
        var rows = Topics.Of(24).ToList();
        rows[4].Text = string.Join(' ', Enumerable.Repeat("apple", 100));
        var options = Topics.Options();
        options.LongTexts = LongTextPolicy.Throw;
        Assert.Contains("Row 4 of the training data has", Assert.Throws<InvalidDataException>(
            () => context.MulticlassClassification.Trainers.BdiaTextClassification(options).Fit(Topics.Labelled(context, rows))).Message,
            StringComparison.Ordinal);
        using var model = context.MulticlassClassification.Trainers.BdiaTextClassification(options).Fit(Topics.View(context, 24));

        var fault = Assert.ThrowsAny<Exception>(() => ScoredRows.Of(model.Transform(Topics.Labelled(context, rows)), "Score"));
        Assert.Contains("Row 4: the text has", fault.GetBaseException().Message, StringComparison.Ordinal);
        model.LongTexts = LongTextPolicy.Truncate;
        Assert.Equal(24, ScoredRows.Of(model.Transform(Topics.Labelled(context, rows)), "Score").Rows.Count);
        Assert.Contains(log.Of(ChannelMessageKind.Warning),
            line => line == "1 row had more tokens than the model reads and was read up to that length.");
        Assert.Throws<ArgumentOutOfRangeException>(() => model.LongTexts = (LongTextPolicy)5);
    }

    [Fact]
    public void Permutation_feature_importance_is_refused_by_a_sentence()
    {
        using var chain = Trained(epochs: 1).Fit(Rows(24));
        var scored = chain.Transform(Rows(12));

        foreach (var act in new Action[]
        {
            () => context.MulticlassClassification.PermutationFeatureImportance(chain.LastTransformer, scored),
            () => context.MulticlassClassification.PermutationFeatureImportance((ITransformer)chain, scored),
        })
            Assert.Contains("permutes numbers, and this model reads texts in column 'Text'",
                Assert.Throws<NotSupportedException>(act).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tokenizer_that_is_handed_in_is_kept()
    {
        var options = Topics.Options();
        options.Tokenizer = TextTokenizer.Train(Topics.Of(24).Select(row => row.Text!), new() { TokenLevel = TokenLevel.Word },
            TestContext.Current.CancellationToken);
        using var model = context.MulticlassClassification.Trainers.BdiaTextClassification(options).Fit(Topics.View(context, 24));

        Assert.Same(options.Tokenizer, model.Model.Tokenizer);
    }
}
