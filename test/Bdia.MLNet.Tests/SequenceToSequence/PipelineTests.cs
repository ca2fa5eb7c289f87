using Bdia.MLNet.Tests.Support;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Bdia.MLNet.Tests.SequenceToSequence;

/// <summary>The trainer inside whole ML.NET pipelines.</summary>
public class PipelineTests
{
    private readonly MLContext context = new(1);

    private sealed class Prediction
    {
        public string PredictedText { get; set; } = "";

        public float Score { get; set; }

        public float Number { get; set; }
    }

    private sealed class BestPredictions
    {
        public string PredictedText { get; set; } = "";

        public string[] PredictedTexts { get; set; } = [];

        public float[] Scores { get; set; } = [];
    }

    private sealed class FileRow
    {
        [LoadColumn(0)]
        public string English { get; set; } = "";

        [LoadColumn(1)]
        public string French { get; set; } = "";
    }

    private BdiaSequenceToSequenceTrainer Trainer(int epochs = 2) => context.SequenceToSequence.Trainers.Bdia(Sentences.Options(epochs));

    [Fact]
    public void A_pipeline_learns_and_Evaluate_judges_it()
    {
        var options = Sentences.Options(epochs: 30);
        (options.Width, options.EncoderDepth, options.DecoderDepth, options.TokensPerBatch, options.LearningRate,
            options.ValidationFraction) = (32, 1, 1, 128, 0.005, 0);
        using var model = context.SequenceToSequence.Trainers.Bdia(options).Fit(Sentences.View(context, 100));

        var metrics = context.SequenceToSequence.Evaluate(model.Transform(Sentences.View(context, 50, seed: 9)));

        // Half of the unseen rows come out right; a network that learnt nothing gets none.
        Assert.InRange(metrics.ExactMatch, 0.2, 1);
        Assert.InRange(metrics.Chrf, 25, 100);
        Assert.Equal(50, metrics.RowCount);
    }

    [Fact]
    public void Columns_of_any_name_come_from_a_text_file_and_through_other_transforms()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllLines(folder.File("pairs.tsv"), Sentences.Of(30).Select(pair => $"{pair.Source}\t{pair.Target}"));
        var rows = context.Data.LoadFromTextFile<FileRow>(folder.File("pairs.tsv"));
        var options = Sentences.Options();
        (options.SourceColumnName, options.TargetColumnName, options.PredictedTextColumnName, options.ScoreColumnName) =
            ("Lower", "French", "Guess", "LogProbability");

        var pipeline = context.Transforms.Text.NormalizeText("Lower", "English")
            .Append(context.SequenceToSequence.Trainers.Bdia(options))
            .Append(context.Transforms.CopyColumns("Answer", "Guess"))
            .Append(context.Transforms.Text.TokenizeIntoWords("Words", "Answer"));
        using var model = pipeline.Fit(rows);
        var scored = model.Transform(rows);

        var filtered = context.Data.FilterRowsByColumn(scored, "LogProbability", upperBound: 1);
        Assert.Equal(30, ScoredRows.Of(filtered, "Answer", "LogProbability").Rows.Count);
        Assert.Equal(["Words", "Answer"], scored.Schema.Reverse().Take(2).Select(column => column.Name));
    }

    [Fact]
    public void Rows_may_be_shuffled_filtered_split_and_cached_before_training()
    {
        var rows = context.Data.ShuffleRows(context.Data.FilterRowsByColumn(Sentences.View(context, 40), "Number", lowerBound: 10));
        var split = context.Data.TrainTestSplit(rows, testFraction: 0.3);

        using var model = context.Transforms.CopyColumns("Copy", "Source").AppendCacheCheckpoint(context)
            .Append(Trainer()).Fit(split.TrainSet);

        Assert.InRange(context.SequenceToSequence.Evaluate(model.Transform(split.TestSet)).RowCount, 1, 29);
    }

    [Fact]
    public void A_prediction_engine_writes_what_a_view_has()
    {
        using var model = Trainer().Fit(Sentences.View(context, 24));
        using var engine = context.Model.CreatePredictionEngine<Sentence,
            Prediction>(model, new PredictionEngineOptions { OwnsTransformer = false });
        var view = context.Data.CreateEnumerable<Prediction>(model.Transform(Sentences.View(context, 12, seed: 3)),
            reuseRowObject: false).ToList();

        foreach (var (row, expected) in Sentences.Of(12, seed: 3).Zip(view))
        {
            var prediction = engine.Predict(row);
            Assert.Equal(expected.PredictedText, prediction.PredictedText);
            Assert.Equal(expected.Number, prediction.Number);
            Assert.InRange(Math.Abs(expected.Score - prediction.Score), 0, 1e-4);
        }
    }

    [Fact]
    public void Several_texts_come_as_arrays_best_first_and_decoding_may_be_changed_on_a_fitted_model()
    {
        using var model = Trainer().Fit(Sentences.View(context, 24));
        var before = model.Transform(Sentences.View(context, 5));
        model.Decoding = model.Decoding with { BeamSize = 4, BestCount = 3 };

        var rows = context.Data.CreateEnumerable<BestPredictions>(model.Transform(Sentences.View(context, 5)),
            reuseRowObject: false).ToList();

        Assert.All(rows, row =>
        {
            Assert.Equal((3, 3), (row.PredictedTexts.Length, row.Scores.Length));
            Assert.Equal(row.PredictedText, row.PredictedTexts[0]);
            Assert.Equal(row.Scores.OrderDescending(), row.Scores);
            Assert.Equal(3, row.PredictedTexts.Distinct().Count());
        });
        Assert.Null(before.Schema.GetColumnOrNull("Scores"));
        Assert.Equal(5, ScoredRows.Of(before, "PredictedText").Rows.Count);
    }

    [Fact]
    public void Settings_of_a_fitted_model_are_checked()
    {
        var model = SequenceToSequenceContractTests.Shared.Value;

        Assert.Contains("BeamSize is 0", Assert.Throws<ArgumentException>(() => model.Decoding = new() { BeamSize = 0 }).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentNullException>(() => model.Decoding = null!);
        Assert.Throws<ArgumentOutOfRangeException>(() => model.LongTexts = (Core.Text.LongTextPolicy)7);
        Assert.Throws<ArgumentOutOfRangeException>(() => model.ScoringBatchSize = 0);
        Assert.Equal("Source", model.SourceColumnName);
    }

    [Fact]
    public void CrossValidate_judges_each_fold_on_rows_that_its_model_has_not_seen()
    {
        var data = Sentences.View(context, 30);

        var folds = context.SequenceToSequence.CrossValidate(data, Trainer(), numberOfFolds: 3, seed: 1);

        Assert.Equal([0, 1, 2], folds.Select(fold => fold.Fold));
        Assert.Equal(30, folds.Sum(fold => fold.Metrics.RowCount));
        var numbers = folds.Select(fold => ScoredRows.Of(fold.ScoredHoldOutSet, "Number").Rows.Select(row => (float)row[0]).ToHashSet())
            .ToList();
        Assert.Equal(30, numbers.SelectMany(set => set).Distinct().Count());
        Assert.All(folds, fold => Assert.IsType<BdiaSequenceToSequenceTransformer>(fold.Model).Dispose());
    }

    [Fact]
    public void CrossValidate_keeps_rows_with_one_sampling_key_together()
    {
        var rows = Sentences.Of(30).ToList();
        foreach (var row in rows)
            row.Number = (int)row.Number / 5;

        var folds = context.SequenceToSequence.CrossValidate(context.Data.LoadFromEnumerable(rows),
            Trainer(epochs: 1), numberOfFolds: 2, samplingKeyColumnName: "Number");

        var keys = folds.Select(fold => ScoredRows.Of(fold.ScoredHoldOutSet, "Number").Rows.Select(row => (float)row[0]).Distinct())
            .ToList();
        Assert.Empty(keys[0].Intersect(keys[1]));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => context.SequenceToSequence.CrossValidate(context.Data.LoadFromEnumerable(rows), Trainer(), numberOfFolds: 1));
    }

    [Fact]
    public void CrossValidate_leaves_out_folds_that_have_nothing_to_judge_and_keeps_the_results_of_the_others()
    {
        // All rows but a few in one fold by their key; one more fold has rows, and no target among them.
        var log = new LogLines(context);
        var rows = Sentences.Of(24).ToList();
        foreach (var row in rows)
            row.Number = (int)row.Number % 2;

        var folds = context.SequenceToSequence.CrossValidate(context.Data.LoadFromEnumerable(rows),
            Trainer(epochs: 1), numberOfFolds: 6, samplingKeyColumnName: "Number", seed: 1);

        Assert.InRange(folds.Count, 1, 2); // two keys fill two folds of six at most
        Assert.Equal(24, folds.Sum(fold => fold.Metrics.RowCount));
        Assert.Equal(6 - folds.Count,
            log.Of(ChannelMessageKind.Warning)
            .Count(line => line.StartsWith("Fold ", StringComparison.Ordinal) && line.Contains("has no rows", StringComparison.Ordinal)));
        Assert.All(folds, fold => ((IDisposable)fold.Model).Dispose());
    }

    [Fact]
    public void CrossValidate_that_cannot_judge_any_fold_says_so_before_it_trains()
    {
        var rows = Sentences.Of(12).ToList();
        rows.ForEach(row => row.Target = " ");
        var fits = 0;
        var counting = context.Transforms.CustomMapping<Sentence, Sentence>((_, _) => fits++, null).Append(Trainer());

        var fault = Assert.Throws<InvalidDataException>(
            () => context.SequenceToSequence.CrossValidate(context.Data.LoadFromEnumerable(rows), counting, numberOfFolds: 2));

        Assert.Contains("none of them a reference", fault.Message, StringComparison.Ordinal);
        Assert.Equal(0, fits);
        Assert.Throws<InvalidDataException>(
            () => context.SequenceToSequence.CrossValidate(context.Data.LoadFromEnumerable(Sentences.Of(0)), Trainer(), numberOfFolds: 2));
    }

    [Fact]
    public void Fit_with_validation_rows_validates_on_them_and_trains_on_all_the_others()
    {
        var train = Sentences.View(context, 24);
        var options = Sentences.Options();
        options.ValidationSet = Sentences.View(context, 24);

        using var model = context.SequenceToSequence.Trainers.Bdia(options).Fit(train, Sentences.View(context, ("een twee", "1 2")));
        using var withSet = context.SequenceToSequence.Trainers.Bdia(options).Fit(train);

        Assert.InRange(model.Model.Result!.History[^1].Validation!.Items, 2, 4); // its tokens and the end token
        Assert.True(withSet.Model.Result!.History[^1].Validation!.Items > 24);
    }

    [Fact]
    public void Columns_of_validation_rows_are_checked_before_training()
    {
        var data = Sentences.View(context, 24);
        var lacking = context.Transforms.DropColumns("Target").Fit(data).Transform(data);
        var options = Sentences.Options();
        options.ValidationSet = lacking;

        Assert.Contains("target column 'Target'", Assert.Throws<ArgumentOutOfRangeException>(() => Trainer().Fit(data, lacking)).Message,
            StringComparison.Ordinal);
        Assert.Contains("target column 'Target'",
            Assert.Throws<ArgumentOutOfRangeException>(() => context.SequenceToSequence.Trainers.Bdia(options).Fit(data)).Message,
            StringComparison.Ordinal);
    }
}
