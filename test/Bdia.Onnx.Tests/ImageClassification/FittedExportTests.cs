using System.Text.Json;
using Bdia.MLNet;
using Bdia.MLNet.Tests.Support;
using Bdia.Onnx.Tests.Support;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.Onnx.Tests.ImageClassification;

/// <summary>A fitted or loaded transformer of pictures as an ONNX file, in ONNX Runtime and in an ML.NET pipeline.</summary>
public class FittedExportTests
{
    private static readonly Lazy<BdiaImageClassificationTransformer> fitted = new(() =>
    {
        var context = new MLContext(1);
        return context.MulticlassClassification.Trainers.BdiaImageClassification(ImageRows.Options(nameof(ImageRow.File), epochs: 4))
            .Fit(ImageRows.Labelled(context, ImageRows.Of(48)));
    });

    private readonly MLContext context = new(1);

    private sealed class Scored
    {
        public string PredictedLabel { get; set; } = "";

        public float[] Score { get; set; } = [];
    }

    private sealed class Pixels
    {
        [VectorType(1, 3, ImageRow.Side, ImageRow.Side)]
        [ColumnName("image")]
        public float[] Image { get; set; } = [];
    }

    private sealed class Probabilities
    {
        [ColumnName("probabilities")]
        public float[] Values { get; set; } = [];
    }

    private Scored[] Ours(IReadOnlyList<ImageRow> rows)
    {
        var scored = fitted.Value.Transform(ImageRows.Labelled(context, rows));
        var view = context.Transforms.Conversion.MapKeyToValue("PredictedLabel").Fit(scored).Transform(scored);
        return [.. context.Data.CreateEnumerable<Scored>(view, reuseRowObject: false, ignoreMissingColumns: true)];
    }

    [Fact]
    public void Labels_of_the_file_are_those_of_the_model_and_its_classes_have_their_names()
    {
        var rows = ImageRows.Of(50, seed: 5).ToList();
        using var file = new OnnxFile(stream => fitted.Value.SaveOnnx(stream));
        var names = JsonSerializer.Deserialize<string[]>(file.Session.ModelMetadata.CustomMetadataMap["classes"])!;
        var scores = file.Run("image", [.. rows.SelectMany(row => row.Features)],
            [rows.Count, 3, ImageRow.Side, ImageRow.Side], "probabilities");

        Assert.All(Ours(rows), (ours, i) =>
        {
            var theirs = scores[(i * names.Length)..((i + 1) * names.Length)];
            Assert.All(theirs, (score, j) => Assert.Equal(ours.Score[j], score, 0.01));
            Assert.Equal(ours.PredictedLabel, names[Array.IndexOf(theirs, theirs.Max())]);
        });
        Assert.Equal("IsoCrop", file.Session.ModelMetadata.CustomMetadataMap["resizing"]);
        Assert.Equal("#FFFFFF", file.Session.ModelMetadata.CustomMetadataMap["background"]);
    }

    [Fact]
    public void An_ML_NET_pipeline_scores_the_file_as_the_model()
    {
        var rows = ImageRows.Of(12, seed: 6).ToList();
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "model.onnx");
        fitted.Value.SaveOnnx(path);
        var pixels = context.Data.LoadFromEnumerable(rows.ConvertAll(row => new Pixels { Image = row.Features }));
        using var onnx = context.Transforms.ApplyOnnxModel("probabilities", "image", path,
            new Dictionary<string, int[]> { ["image"] = [1, 3, ImageRow.Side, ImageRow.Side], ["probabilities"] = [1, 3] }).Fit(pixels);
        var theirs = context.Data.CreateEnumerable<Probabilities>(onnx.Transform(pixels), reuseRowObject: false).ToArray();

        Assert.All(Ours(rows), (ours, i) => Assert.All(theirs[i].Values, (score, j) => Assert.Equal(ours.Score[j], score, 0.01)));
    }

    [Fact]
    public void A_loaded_model_gives_the_file_of_the_fitted_one_byte_for_byte()
    {
        using var stream = new MemoryStream();
        context.Model.Save(fitted.Value, null, stream);
        stream.Position = 0;
        using var loaded = (BdiaImageClassificationTransformer)new MLContext().Model.Load(stream, out _);
        using OnnxFile before = new(to => fitted.Value.SaveOnnx(to)), after = new(to => loaded.SaveOnnx(to));

        Assert.Equal(before.Bytes, after.Bytes);
    }

    [Fact]
    public void What_the_file_says_of_itself_cannot_be_said_otherwise()
        => Assert.Contains("'resizing'", Assert.Throws<ArgumentException>(() => fitted.Value.SaveOnnx(new MemoryStream(),
            new() { Metadata = new Dictionary<string, string> { ["resizing"] = "none" } })).Message, StringComparison.Ordinal);
}
