using Bdia.MLNet.Tests.Support;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;

namespace Bdia.MLNet.Tests.ImageClassification;

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

    private IDataView Rows(int count, int seed = 0) => context.Data.LoadFromEnumerable(ImageRows.Of(count, seed).ToList());

    private EstimatorChain<BdiaImageClassificationTransformer> Trained(string features = "Features", int epochs = 8)
        => context.Transforms.Conversion.MapValueToKey("Label", nameof(ImageRow.Name))
            .Append(context.MulticlassClassification.Trainers.BdiaImageClassification(ImageRows.Options(features, epochs)));

    private EstimatorChain<KeyToValueMappingTransformer> Named(string features = "Features", int epochs = 8)
        => Trained(features, epochs).Append(context.Transforms.Conversion.MapKeyToValue("PredictedLabel"));

    [Theory]
    [InlineData("Features")]
    [InlineData("Image")]
    [InlineData("File")]
    public void A_pipeline_learns_from_images_in_every_form_and_Evaluate_judges_it(string features)
    {
        using var model = Trained(features).Fit(Rows(60));

        var metrics = context.MulticlassClassification.Evaluate(model.Transform(Rows(30, seed: 9)));

        Assert.InRange(metrics.MicroAccuracy, 0.9, 1);
        Assert.InRange(metrics.LogLoss, 0, 0.8);
        Assert.Equal(3, metrics.ConfusionMatrix.NumberOfClasses);
        Assert.Contains("green", metrics.ConfusionMatrix.GetFormattedConfusionTable(), StringComparison.Ordinal);
    }

    [Fact]
    public void Probabilities_sum_to_one_and_the_predicted_label_is_the_largest()
    {
        using var model = Trained().Fit(Rows(24));

        var rows = ScoredRows.Of(model.Transform(Rows(24)), "Score", "PredictedLabel").Rows;

        Assert.All(rows, row => Assert.InRange(((float[])row[0]).Sum(), 1 - 1e-5, 1 + 1e-5));
        Assert.All(rows, row => Assert.Equal(((float[])row[0]).Max(), ((float[])row[0])[(uint)row[1] - 1]));
    }

    [Fact]
    public void A_prediction_engine_gives_the_label_by_name_and_the_scores_of_a_view()
    {
        using var model = Named().Fit(Rows(60));
        using var engine = context.Model.CreatePredictionEngine<ImageRow,
            Prediction>(model, new PredictionEngineOptions { OwnsTransformer = false });
        var view = context.Data.CreateEnumerable<Prediction>(model.Transform(Rows(12, seed: 3)), reuseRowObject: false).ToList();

        foreach (var (row, expected) in ImageRows.Of(12, seed: 3).Zip(view))
        {
            var prediction = engine.Predict(row);
            Assert.Equal(expected.PredictedLabel, prediction.PredictedLabel);
            Assert.Equal(row.Number, prediction.Number);
            Assert.All(expected.Score.Zip(prediction.Score), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 1e-5));
        }
        Assert.Contains(view, prediction => prediction.PredictedLabel == "blue");
    }

    [Fact]
    public void CrossValidate_works_where_a_class_is_absent_from_the_training_folds()
    {
        var rows = ImageRows.Of(30).ToList();
        foreach (var row in rows)
            row.Number = row.Name == "blue" || row.Number < 15 ? 1 : 0; // all blue rows go into one fold, the others into both
        var data = ImageRows.Labelled(context, rows);

        var folds = context.MulticlassClassification.CrossValidate(data,
            context.MulticlassClassification.Trainers.BdiaImageClassification(ImageRows.Options()),
            numberOfFolds: 2, samplingKeyColumnName: "Number");

        Assert.Equal(2, folds.Count);
        Assert.All(folds, fold => Assert.Equal(3, fold.Metrics.ConfusionMatrix.NumberOfClasses));
        foreach (var fold in folds)
            ((IDisposable)fold.Model).Dispose();
    }

    [Fact]
    public void TrainTestSplit_caching_and_filters_work_around_the_trainer()
    {
        var split = context.Data.TrainTestSplit(ImageRows.Labelled(context, ImageRows.Of(60)), testFraction: 0.3);
        var pipeline = context.Transforms.CopyColumns("Copy", "Features").AppendCacheCheckpoint(context)
            .Append(context.MulticlassClassification.Trainers.BdiaImageClassification(ImageRows.Options("Copy", epochs: 8)));

        using var model = pipeline.Fit(split.TrainSet);
        var scored = context.Data.FilterRowsByColumn(model.Transform(split.TestSet), "Number", 10, 40);

        Assert.InRange(context.MulticlassClassification.Evaluate(scored).MicroAccuracy, 0.8, 1);
    }

    [Fact]
    public void The_short_overload_names_columns_and_a_validation_set()
    {
        var data = ImageRows.Labelled(context, ImageRows.Of(12));
        var trainer = context.MulticlassClassification.Trainers.BdiaImageClassification(
            labelColumnName: "Label", featureColumnName: "Image", scoreColumnName: "P", predictedLabelColumnName: "Guess",
                validationSet: data, epochs: 1);

        using var model = trainer.Fit(data);

        Assert.Equal(["Guess", "P"], model.Transform(data).Schema.Select(column => column.Name).TakeLast(2));
        Assert.Equal("Image", model.FeatureColumnName);
        Assert.Equal(12, Assert.Single(model.Model.Result!.History).Validation!.Items);
        Assert.Equal(64, model.ScoringBatchSize);
    }

    [Fact]
    public void Fit_with_validation_rows_validates_on_them_and_trains_on_all_the_others()
    {
        var train = ImageRows.Labelled(context, ImageRows.Of(24));
        var trainer = context.MulticlassClassification.Trainers.BdiaImageClassification(ImageRows.Options());

        using var model = trainer.Fit(train, ImageRows.Labelled(context, ImageRows.Of(9, seed: 4)));

        Assert.Equal(9, model.Model.Result!.History[^1].Validation!.Items);
    }

    [Fact]
    public void Validation_rows_with_other_keys_are_refused()
    {
        var train = ImageRows.Labelled(context, ImageRows.Of(24));
        var reordered = ImageRows.Labelled(context, ImageRows.Of(24).Skip(1));
        var fewer = ImageRows.Labelled(context, ImageRows.Of(2));
        var trainer = context.MulticlassClassification.Trainers.BdiaImageClassification(ImageRows.Options());

        Assert.Contains("other values", Assert.Throws<ArgumentException>(() => trainer.Fit(train, reordered)).Message,
            StringComparison.Ordinal);
        Assert.Contains("3 classes in the training data, but 2", Assert.Throws<ArgumentException>(() => trainer.Fit(train, fewer)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Permutation_feature_importance_reaches_the_model()
    {
        using var model = Trained().Fit(Rows(24));
        var scored = model.Transform(Rows(12));

        var importance = context.MulticlassClassification.PermutationFeatureImportance(model.LastTransformer,
            scored, permutationCount: 1, numberOfExamplesToUse: 6);

        Assert.Equal(3 * ImageRow.Side * ImageRow.Side, importance.Length);
    }
}
