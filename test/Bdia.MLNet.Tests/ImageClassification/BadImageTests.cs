using Bdia.MLNet.Tests.Support;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Bdia.MLNet.Tests.ImageClassification;

/// <summary>
/// Images that cannot be used: the run stops with the row and the reason, or the row is left out, counted, and never scored as another.
/// </summary>
public class BadImageTests
{
    private readonly MLContext context = new(1);
    private readonly LogLines log;

    public BadImageTests() => log = new LogLines(context);

    private IDataView Files(params int[] badRows)
    {
        var good = ImageRows.Of(1).Single().File;
        byte[][] bad = [[], [1, 2, 3], good[..^30], Pictures.Bomb(40_000, 30_000)];
        var rows = ImageRows.Of(24).ToList();
        foreach (var row in badRows)
            rows[row].File = bad[row % bad.Length];
        return ImageRows.Labelled(context, rows);
    }

    private BdiaImageClassificationTransformer Fit(IDataView data, BadImagePolicy policy, string features = "File")
    {
        var options = ImageRows.Options(features);
        options.BadImages = policy;
        options.Seed = 3;
        return context.MulticlassClassification.Trainers.BdiaImageClassification(options).Fit(data);
    }

    [Theory]
    [InlineData(0, "empty")]
    [InlineData(5, "cannot be decoded")]
    [InlineData(6, "cut short")]
    [InlineData(7, "40000x30000 pixels; images of more than 134 million are not decoded")]
    public void Training_stops_at_a_bad_image_with_row_reason_and_remedy(int row, string reason)
    {
        var error = Assert.Throws<InvalidDataException>(() => Fit(Files(row), BadImagePolicy.Throw));

        Assert.StartsWith($"Row {row}: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Contains("BadImagePolicy.Skip", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Training_leaves_bad_images_out_and_counts_them_where_asked()
    {
        using var skipping = Fit(Files(2, 5, 7, 8, 13, 20), BadImagePolicy.Skip);
        var without = context.Data.FilterByCustomPredicate(Files(), (ImageRow row) => row.Number is 2 or 5 or 7 or 8 or 13 or 20);
        using var filtered = Fit(without, BadImagePolicy.Throw);

        ScoredRows.Of(skipping.Transform(Files()), "Score").AssertEqual(ScoredRows.Of(filtered.Transform(Files()), "Score"));
        Assert.Single(log.Of(ChannelMessageKind.Warning), "6 rows could not be used and were left out.");
        Assert.Contains(log.Of(ChannelMessageKind.Warning), line => line.StartsWith("Row 5: ", StringComparison.Ordinal));
    }

    [Fact]
    public void Scoring_gives_bad_images_NaN_and_a_missing_label_and_others_their_own_scores()
    {
        using var model = Fit(Files(), BadImagePolicy.Skip);
        var expected = ScoredRows.Of(model.Transform(Files()), "Score", "PredictedLabel").Rows;

        var rows = ScoredRows.Of(model.Transform(Files(0, 5, 6, 7, 23)), "Score", "PredictedLabel").Rows;

        for (var row = 0; row < rows.Count; row++)
        {
            if (row is 0 or 5 or 6 or 7 or 23)
            {
                Assert.All((float[])rows[row][0], score => Assert.True(float.IsNaN(score)));
                Assert.Equal(0u, rows[row][1]);
            }
            else
            {
                Assert.All(((float[])expected[row][0]).Zip((float[])rows[row][0]),
                    pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 1e-5));
                Assert.Equal(expected[row][1], rows[row][1]);
            }
        }
        Assert.Contains("5 rows could not be used and were given NaN scores.", log.Of(ChannelMessageKind.Warning));
    }

    [Fact]
    public void Evaluate_takes_rows_without_scores()
    {
        using var model = Fit(Files(), BadImagePolicy.Skip);

        var metrics = context.MulticlassClassification.Evaluate(model.Transform(Files(0, 5)));

        Assert.InRange(metrics.MicroAccuracy, 0, 1);
        Assert.True(double.IsFinite(metrics.LogLoss));
    }

    [Fact]
    public void Scoring_stops_at_a_bad_image_after_the_rows_before_it_where_asked()
    {
        using var model = Fit(Files(), BadImagePolicy.Throw);
        var view = model.Transform(Files(10));
        using var cursor = view.GetRowCursor(view.Schema);
        var read = ScoredRows.Reader(cursor, view.Schema["Score"]);

        for (var row = 0; row < 10; row++)
        {
            Assert.True(cursor.MoveNext());
            read();
        }
        var error = Assert.Throws<InvalidDataException>(() => cursor.MoveNext());

        Assert.StartsWith("Row 10: ", error.Message, StringComparison.Ordinal);
    }

    private sealed class Prediction
    {
        public float[] Score { get; set; } = [];

        public uint PredictedLabel { get; set; }
    }

    [Fact]
    public void A_prediction_engine_never_gives_the_scores_of_the_image_before()
    {
        using var model = Fit(Files(), BadImagePolicy.Skip);
        using var engine = context.Model.CreatePredictionEngine<ImageRow,
            Prediction>(model, new PredictionEngineOptions { OwnsTransformer = false });
        var rows = ImageRows.Of(2).ToList();

        engine.Predict(rows[0]);
        var bad = engine.Predict(new ImageRow { File = [1, 2, 3] });
        Assert.All(bad.Score, score => Assert.True(float.IsNaN(score)));
        Assert.Equal(0u, bad.PredictedLabel);
        Assert.All(engine.Predict(rows[1]).Score, score => Assert.True(float.IsFinite(score)));

        model.BadImages = BadImagePolicy.Throw;
        using var strict = context.Model.CreatePredictionEngine<ImageRow,
            Prediction>(model, new PredictionEngineOptions { OwnsTransformer = false });
        strict.Predict(rows[0]);
        Assert.Throws<InvalidDataException>(() => strict.Predict(new ImageRow { File = [1, 2, 3] }));
        Assert.All(strict.Predict(rows[1]).Score, score => Assert.True(float.IsFinite(score)));
    }

    [Fact]
    public void A_row_that_names_no_file_is_a_bad_image()
    {
        using var folder = new TemporaryFolder();
        var rows = ImageRows.Of(24).ToList();
        foreach (var row in rows)
            File.WriteAllBytes(folder.File($"{row.Number}.png"), row.File);
        var paths = context.Data.LoadFromEnumerable(
            rows.Select(row => new { row.Name, Path = row.Number == 7 ? "" : $"{row.Number}.png" }));
        var data = context.Transforms.LoadRawImageBytes("File", folder.Path, "Path")
            .Append(context.Transforms.Conversion.MapValueToKey("Label", "Name")).Fit(paths).Transform(paths);

        Assert.StartsWith("Row 7: the image is empty", Assert.Throws<InvalidDataException>(() => Fit(data, BadImagePolicy.Throw)).Message,
            StringComparison.Ordinal);
        using var model = Fit(data, BadImagePolicy.Skip);
        Assert.Contains("1 row could not be used and was left out.", log.Of(ChannelMessageKind.Warning));
    }

    [Fact]
    public void Numbers_that_are_not_finite_and_missing_bitmaps_are_bad_images_too()
    {
        var rows = ImageRows.Of(24).ToList();
        rows[3].Features[7] = float.NaN;
        rows[4].Image = null;

        Assert.StartsWith("Row 3: pixel value 7",
            Assert.Throws<InvalidDataException>(() => Fit(ImageRows.Labelled(context, rows), BadImagePolicy.Throw, "Features")).Message,
            StringComparison.Ordinal);
        Assert.StartsWith("Row 4: the image is missing",
            Assert.Throws<InvalidDataException>(() => Fit(ImageRows.Labelled(context, rows), BadImagePolicy.Throw, "Image")).Message,
            StringComparison.Ordinal);
    }

    private sealed class SmallRow
    {
        [VectorType(3, 8, 10)]
        public float[] Features { get; set; } = [];
    }

    [Fact]
    public void Columns_whose_type_tells_another_size_are_refused_before_a_row_is_read()
    {
        using var model = Fit(ImageRows.Labelled(context, ImageRows.Of(24)), BadImagePolicy.Skip, "Features");
        var other = context.Data.LoadFromEnumerable(new List<SmallRow>());

        var error = Assert.Throws<ArgumentOutOfRangeException>(() => model.Transform(other));

        Assert.Contains("192 values", error.Message, StringComparison.Ordinal);
        Assert.Contains("8x8 pixels with 3 channels", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_without_a_label_are_left_out_and_counted()
    {
        var all = ImageRows.Of(24).ToList();
        var keys = context.Transforms.Conversion.MapValueToKey("Label", "Name").Fit(context.Data.LoadFromEnumerable(all));
        all[3].Name = all[9].Name = "unknown";
        var data = keys.Transform(context.Data.LoadFromEnumerable(all));

        using var model = Fit(data, BadImagePolicy.Throw);

        Assert.Single(log.Of(ChannelMessageKind.Warning), "2 of the rows of the training data have no label and were left out.");
    }

    [Fact]
    public void Empty_data_is_told_so()
    {
        var empty = context.Data.FilterByCustomPredicate(Files(), (ImageRow _) => true);

        Assert.All(["File", "Features"], column => Assert.Equal("The training data is empty: it has no rows.",
            Assert.Throws<InvalidDataException>(() => Fit(empty, BadImagePolicy.Skip, column)).Message));
    }

    [Fact]
    public void A_disposed_image_is_a_bad_image()
    {
        var rows = ImageRows.Of(24).ToList();
        rows[0].Image!.Dispose();
        rows[3].Image!.Dispose();
        var data = ImageRows.Labelled(context, rows);

        var error = Assert.Throws<InvalidDataException>(() => Fit(data, BadImagePolicy.Throw, "Image"));
        using var model = Fit(data, BadImagePolicy.Skip, "Image");

        Assert.StartsWith("Row 0: the image was disposed before it was read (ML.NET's ExtractPixels does so",
            error.Message, StringComparison.Ordinal);
        Assert.Equal([0, 3], model.Transform(data).GetColumn<float[]>("Score").Index().Where(row => float.IsNaN(row.Item[0]))
            .Select(row => row.Index));
    }

    [Fact]
    public void Rows_that_cannot_be_trained_on_are_accounted_for()
    {
        var all = ImageRows.Of(24).ToList();
        var keys = context.Transforms.Conversion.MapValueToKey("Label", "Name").Fit(context.Data.LoadFromEnumerable(all));
        var first = all[0].Name;
        foreach (var row in all.Where(row => row.Name != first))
            row.File = [1, 2, 3];
        all[0].Name = "unknown";

        var oneClass = Message(BadImagePolicy.Skip);
        all.ForEach(row => row.File = [1, 2, 3]);
        var noImage = Message(BadImagePolicy.Throw);

        Assert.Contains($"usable training rows have the label '{first}'; a classifier needs rows of at least two classes.",
            oneClass, StringComparison.Ordinal);
        Assert.Contains("Left out because their label is missing: 1.", oneClass, StringComparison.Ordinal);
        Assert.Contains("the first of them row 1: the image of 3 bytes cannot be decoded", oneClass, StringComparison.Ordinal);
        Assert.StartsWith("None of the 24 rows has a readable image in column 'File'. Row 0: the image of 3 bytes cannot be decoded",
            noImage, StringComparison.Ordinal);

        string Message(BadImagePolicy policy)
            => Assert.Throws<InvalidDataException>(() => Fit(keys.Transform(context.Data.LoadFromEnumerable(all)), policy)).Message;
    }
}
