using Bdia.MLNet.Tests.Support;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Bdia.MLNet.Tests.ImageClassification;

/// <summary>Real photographs of many sizes, as they come from a folder.</summary>
public class PhotographTests
{
    private readonly MLContext context = new(1);
    private readonly LogLines log;

    public PhotographTests() => log = new LogLines(context);

    private sealed class Photograph
    {
        public string Path { get; set; } = "";

        public byte[] File { get; set; } = [];

        public string Name { get; set; } = "";
    }

    private static List<Photograph> Flowers(int ofEach) =>
    [
        .. from folder in Directory.GetDirectories(SharedData.Folder("flowers")).Order(StringComparer.Ordinal)
           from path in Directory.GetFiles(folder, "*.jpg").Order(StringComparer.Ordinal).Take(ofEach)
           select new Photograph { Path = path, File = File.ReadAllBytes(path), Name = Path.GetFileName(folder) },
    ];

    private IDataView Rows(int ofEach = 4)
    {
        var rows = context.Data.LoadFromEnumerable(Flowers(ofEach));
        return context.Transforms.Conversion.MapValueToKey("Label", "Name").Fit(rows).Transform(rows);
    }

    private static BdiaImageClassificationTrainer.Options Options(string features)
    {
        var options = ImageRows.Options(features, epochs: 1);
        options.PatchSize = null;
        options.Seed = 3;
        return options;
    }

    private BdiaImageClassificationTransformer Fit(IDataView data, BdiaImageClassificationTrainer.Options options)
        => context.MulticlassClassification.Trainers.BdiaImageClassification(options).Fit(data);

    [Fact]
    public void Files_of_many_sizes_train_without_a_word_about_sizes_in_the_options()
    {
        var data = Rows();

        using var model = Fit(data, Options("File"));

        Assert.All(model.Transform(data).GetColumn<float[]>("Score"), scores => Assert.InRange(scores.Sum(), 1 - 1e-5, 1 + 1e-5));
        Assert.Single(log.Of(ChannelMessageKind.Warning),
            line => line.StartsWith("The images have different sizes, from ", StringComparison.Ordinal)
            && line.Contains("They are resized to 64x64 pixels (IsoCrop)", StringComparison.Ordinal));
        Assert.Contains("Of 20 images of the training data 20 were resized to 64x64 pixels (IsoCrop), and 0 turned upright by the "
            + "orientation (EXIF) in their files.", log.Of(ChannelMessageKind.Info));
    }

    [Fact]
    public void Files_and_the_MLImages_that_LoadImages_makes_of_them_train_to_the_same_model()
    {
        var data = Rows();
        var loaded = context.Transforms.LoadImages("Image", null, "Path").Append(context.Transforms.LoadRawImageBytes("Raw", null, "Path"))
            .Fit(data).Transform(data);
        using var ofFiles = Fit(loaded, Options("File"));
        using var ofRaw = Fit(loaded, Options("Raw"));
        using var ofImages = Fit(loaded, Options("Image"));

        var expected = ScoredRows.Of(ofFiles.Transform(loaded), "Score");
        ScoredRows.Of(ofRaw.Transform(loaded), "Score").AssertEqual(expected);
        ScoredRows.Of(ofImages.Transform(loaded), "Score").AssertEqual(expected);
        Assert.Contains(log.Of(ChannelMessageKind.Info),
            line => line.StartsWith("Which way up a camera was held, and whether a file was whole, is lost in an MLImage",
            StringComparison.Ordinal));
    }

    [Fact]
    public void An_upload_of_any_size_scores_as_the_row_of_a_view_also_from_a_loaded_model()
    {
        var data = Rows();
        var options = Options("File");
        (options.ImageHeight, options.ImageWidth) = (32, 48);
        options.Resizing = Microsoft.ML.Transforms.Image.ImageResizingEstimator.ResizingKind.IsoPad;
        options.BackgroundColor = System.Drawing.Color.Orange;
        using var model = Fit(data, options);
        using var stream = new MemoryStream();
        context.Model.Save(model, data.Schema, stream);
        stream.Position = 0;
        using var engine = context.Model.CreatePredictionEngine<Photograph, Prediction>(new MLContext().Model.Load(stream, out _));

        foreach (var (photograph, expected) in Flowers(4).Zip(model.Transform(data).GetColumn<float[]>("Score")))
            Assert.All(engine.Predict(photograph).Score.Zip(expected), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 1e-5));
    }

    private sealed class Prediction
    {
        public float[] Score { get; set; } = [];
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void The_first_example_of_the_README_learns_flowers()
    {
        var pictures = Flowers(40);
        var mlContext = new MLContext(seed: 1);
        var split = mlContext.Data.TrainTestSplit(mlContext.Data.LoadFromEnumerable(pictures), testFraction: 0.2);

        var pipeline = mlContext.Transforms.Conversion.MapValueToKey("Label", "Name")
            .Append(mlContext.MulticlassClassification.Trainers.BdiaImageClassification(featureColumnName: "File", epochs: 20));
        using var model = pipeline.Fit(split.TrainSet);

        var metrics = mlContext.MulticlassClassification.Evaluate(model.Transform(split.TestSet));
        Assert.InRange(metrics.MicroAccuracy, 0.3, 1); // a fifth is chance; 160 photographs teach little more than colours
    }
}
