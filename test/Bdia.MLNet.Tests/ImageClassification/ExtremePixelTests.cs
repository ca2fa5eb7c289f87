using Bdia.MLNet.Tests.Support;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Bdia.MLNet.Tests.ImageClassification;

/// <summary>Pixels that are finite and yet beyond anything: the row is bad, and no other.</summary>
public class ExtremePixelTests
{
    private const int Bad = 9;

    private readonly MLContext context = new(1);

    private static IDataView Rows(MLContext context, float extreme)
    {
        var rows = ImageRows.Of(24).ToList();
        rows[Bad].Features[7] = extreme;
        return ImageRows.Labelled(context, rows);
    }

    private BdiaImageClassificationTransformer Copy(BadImagePolicy policy)
    {
        using var stream = new MemoryStream();
        context.Model.Save(ImageClassificationContractTests.Shared.Value, null, stream);
        stream.Position = 0;
        var copy = (BdiaImageClassificationTransformer)context.Model.Load(stream, out _);
        copy.BadImages = policy;
        return copy;
    }

    public static TheoryData<float> Extremes => [1e9f, -1e9f, 1e20f, float.MaxValue, -float.MaxValue];

    [Theory]
    [MemberData(nameof(Extremes))]
    public void Where_bad_rows_are_skipped_that_row_alone_has_no_scores(float extreme)
    {
        var log = new LogLines(context);
        using var model = Copy(BadImagePolicy.Skip);
        var expected = model.Transform(ImageRows.Labelled(context, ImageRows.Of(24))).GetColumn<float[]>("Score").ToList();

        var scores = model.Transform(Rows(context, extreme)).GetColumn<float[]>("Score").ToList();
        var labels = model.Transform(Rows(context, extreme)).GetColumn<uint>("PredictedLabel").ToList();

        Assert.All(scores[Bad], score => Assert.True(float.IsNaN(score)));
        Assert.Equal([Bad], labels.Index().Where(label => label.Item == 0).Select(label => label.Index));
        foreach (var (row, score) in scores.Index().Where(row => row.Index != Bad))
            Assert.All(score.Zip(expected[row]), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 1e-5));
        Assert.Contains(log.Of(ChannelMessageKind.Warning),
            line => line.StartsWith($"Row {Bad}: pixel value 7 of the image is ", StringComparison.Ordinal)
            && line.EndsWith("The row is given NaN scores.", StringComparison.Ordinal));
        Assert.Equal(2, log.Of(ChannelMessageKind.Warning).Count(line => line == "1 row could not be used and was given NaN scores."));
    }

    [Theory]
    [MemberData(nameof(Extremes))]
    public void Where_they_are_not_it_is_an_error_of_that_row_with_its_number(float extreme)
    {
        using var model = Copy(BadImagePolicy.Throw);
        var view = model.Transform(Rows(context, extreme));
        using var cursor = view.GetRowCursor(view.Schema);
        var read = ScoredRows.Reader(cursor, view.Schema["Score"]);

        for (var row = 0; cursor.MoveNext(); row++)
        {
            if (row == Bad)
                Assert.StartsWith($"Row {Bad}: pixel value 7 of the image is ", Assert.Throws<InvalidDataException>(() => read()).Message,
                    StringComparison.Ordinal);
            else
                Assert.All((float[])read(), score => Assert.True(float.IsFinite(score)));
        }
        Assert.False(cursor.MoveNext());
    }

    [Theory]
    [InlineData(0f, 9)]
    [InlineData(0.5f, 4)]
    [InlineData(0.5f, 21)]
    public void In_training_it_is_a_bad_row_by_its_number_whether_it_would_be_held_back_or_not(float validation, int row)
    {
        var (log, rows) = (new LogLines(context), ImageRows.Of(24).ToList());
        rows[row].Features[7] = 1e9f;
        rows[2].Name = ""; // left out, so that rows and images count differently
        var keys = context.Transforms.Conversion.MapValueToKey("Label", "Name", keyData: ImageRows.Labels(context));
        var view = context.Data.LoadFromEnumerable(rows);
        var data = keys.Fit(view).Transform(view);

        Assert.StartsWith($"Row {row}: pixel value 7 of the image is 1E+09, out of all proportion to ",
            Assert.Throws<InvalidDataException>(() => Fit(data, BadImagePolicy.Throw)).Message, StringComparison.Ordinal);
        using var model = Fit(data, BadImagePolicy.Skip);

        Assert.InRange(model.Model.Normalization.Mean.Max(), 0, 255);
        Assert.Contains("1 row could not be used and was left out.", log.Of(ChannelMessageKind.Warning));

        BdiaImageClassificationTransformer Fit(IDataView rows, BadImagePolicy policy)
        {
            var options = ImageRows.Options();
            (options.BadImages, options.ValidationFraction) = (policy, validation);
            return context.MulticlassClassification.Trainers.BdiaImageClassification(options).Fit(rows);
        }
    }

    [Fact]
    public void In_validation_rows_of_their_own_it_is_one_too()
    {
        var trainer = context.MulticlassClassification.Trainers.BdiaImageClassification(ImageRows.Options());

        var error = Assert.Throws<InvalidDataException>(
            () => trainer.Fit(ImageRows.Labelled(context, ImageRows.Of(24)), Rows(context, -1e12f)));

        Assert.StartsWith($"Row {Bad}: pixel value 7 of the image is -1E+12, out of all proportion to ",
            error.Message, StringComparison.Ordinal);
    }

    private sealed class Prediction
    {
        public float[] Score { get; set; } = [];
    }

    [Fact]
    public void A_prediction_engine_counts_no_rows()
    {
        var log = new LogLines(context);
        var rows = ImageRows.Of(2).ToList();
        rows[1].Features[7] = 1e9f;
        using var strict = context.Model.CreatePredictionEngine<ImageRow, Prediction>(Copy(BadImagePolicy.Throw));
        using (var engine = context.Model.CreatePredictionEngine<ImageRow, Prediction>(Copy(BadImagePolicy.Skip)))
        {
            Assert.All(engine.Predict(rows[0]).Score, score => Assert.True(float.IsFinite(score)));
            Assert.All(engine.Predict(rows[1]).Score, score => Assert.True(float.IsNaN(score)));
            Assert.All(engine.Predict(rows[0]).Score, score => Assert.True(float.IsFinite(score)));
        }
        strict.Predict(rows[0]);

        Assert.StartsWith("The row: pixel value 7 of the image is 1E+09",
            Assert.Throws<InvalidDataException>(() => strict.Predict(rows[1])).Message, StringComparison.Ordinal);
        Assert.Contains(log.Of(ChannelMessageKind.Warning),
            line => line.StartsWith("The row: pixel value 7 of the image is 1E+09", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1e-42f)] // all denormal
    [InlineData(1e-38f)]
    [InlineData(1e36f)]
    public void Pixels_in_any_unit_train_and_score_as_in_others(float unit)
    {
        var rows = ImageRows.Of(60).ToList();
        foreach (var row in rows)
            row.Features = [.. row.Features.Select(value => value * unit)];
        var data = ImageRows.Labelled(context, rows);

        using var model = context.MulticlassClassification.Trainers.BdiaImageClassification(ImageRows.Options(epochs: 8)).Fit(data);

        Assert.InRange(context.MulticlassClassification.Evaluate(model.Transform(data)).MicroAccuracy, 0.9, 1);
    }
}
