using System.Text.Json;
using Bdia.Core.ImageClassification;
using Bdia.Core.Models;
using Bdia.Core.Onnx;
using Bdia.MLNet.Tests.Support;
using Bdia.Onnx.Tests.Support;

namespace Bdia.Onnx.Tests.ImageClassification;

/// <summary>An exported classifier in ONNX Runtime gives what the model gives.</summary>
public class ImageExportTests(ITestOutputHelper output)
{
    private const int Count = 37;

    // Where operators differ: written out and not, axes and parts as settings and as inputs; and the newest that ONNX Runtime reads.
    public static TheoryData<int> Opsets => [OnnxOptions.OldestOpset, 13, 17, 18, 20, OnnxOptions.NewestOpset];

    // Without the grid two ways to compute one network differ by rounding alone.
    [Theory]
    [MemberData(nameof(Opsets))]
    public void Without_the_grid_probabilities_are_those_of_the_model_up_to_rounding(int opset)
        => Assert.InRange(Distance(Networks.Small with { Stack = Networks.WithoutGrid }, new() { Opset = opset }), 0, 2e-6);

    // On it a value next to the middle between two of its points may take the other.
    [Theory]
    [MemberData(nameof(Opsets))]
    public void On_the_grid_probabilities_are_within_a_hundredth(int opset)
        => Assert.InRange(Distance(Networks.Small, new() { Opset = opset }), 0, 0.01);

    [Theory]
    [InlineData(OnnxOptions.OldestOpset)]
    [InlineData(OnnxOptions.NewestOpset)]
    public void Weights_in_bytes_take_a_quarter_and_keep_probabilities_within_a_twentieth(int opset)
    {
        var network = Networks.Small with { Width = 96, FeedForwardWidth = 192 };
        using var classifier = Networks.Classifier(network, spread: 1);
        using var whole = new OnnxFile(stream => classifier.SaveOnnx(stream));
        using var bytes = new OnnxFile(stream => classifier.SaveOnnx(stream, new() { Opset = opset, Weights = OnnxWeights.Int8 }));

        Assert.InRange(bytes.Bytes.Length, 0, 0.35 * whole.Bytes.Length);
        Assert.InRange(Distance(classifier, bytes), 0, 0.05);
    }

    public static TheoryData<int, int, int> Shapes => new() { { 1, 1, 1 }, { 1, 4, 2 }, { 3, 1, 3 } };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Grey_pictures_single_blocks_and_single_heads_go_as_well(int channels, int depth, int heads)
        => Assert.InRange(Distance(Networks.Small with
        {
            Channels = channels, Depth = depth, Heads = heads, Stack = Networks.WithoutGrid,
        }, new()), 0, 2e-6);

    [Fact]
    public void Any_number_of_images_goes_at_once_and_changes_none_of_the_scores_but_by_rounding()
    {
        var network = Networks.Small with { Stack = Networks.WithoutGrid };
        using var classifier = Networks.Classifier(network);
        using var file = new OnnxFile(stream => classifier.SaveOnnx(stream));
        var pixels = Networks.Pictures(network, 3);
        var together = file.Run("image", pixels, Networks.Shape(network, 3), "logits");

        Assert.All(Enumerable.Range(0, 3), row =>
        {
            var size = pixels.Length / 3;
            var alone = file.Run("image", pixels[(row * size)..((row + 1) * size)], Networks.Shape(network, 1), "logits");
            Assert.All(alone, (logit, i) => Assert.Equal(together[row * network.Classes + i], logit, 1e-5));
        });
    }

    [Fact]
    public void Inputs_outputs_and_metadata_say_what_the_file_is()
    {
        using var classifier = Networks.Classifier(Networks.Small);
        string[] names = ["a", "\"b\"", "ç", "d", "e"];
        var options = new OnnxOptions { Metadata = new Dictionary<string, string> { ["licence"] = "none" } };
        using var file = new OnnxFile(stream => classifier.SaveOnnx(stream, options, names));

        Assert.Equal([-1, 3, 8, 12], file.Session.InputMetadata["image"].Dimensions);
        Assert.Equal("batch", file.Session.InputMetadata["image"].SymbolicDimensions[0]);
        Assert.Equal([-1, 5], file.Session.OutputMetadata["probabilities"].Dimensions);
        Assert.Equal(["logits", "probabilities"], file.Session.OutputMetadata.Keys.Order());
        var metadata = file.Session.ModelMetadata.CustomMetadataMap;
        Assert.Equal(names, JsonSerializer.Deserialize<string[]>(metadata["classes"]));
        Assert.Equal(classifier.Normalization.Mean, JsonSerializer.Deserialize<double[]>(metadata["mean"])!);
        Assert.Equal("none", metadata["licence"]);
        Assert.Equal("Bdia.Core", file.Session.ModelMetadata.ProducerName);
    }

    [Fact]
    public void One_model_gives_one_file_byte_for_byte()
    {
        using var classifier = Networks.Classifier(Networks.Small);
        using OnnxFile first = new(stream => classifier.SaveOnnx(stream)), second = new(stream => classifier.SaveOnnx(stream));

        Assert.Equal(first.Bytes, second.Bytes);
    }

    [Fact]
    public void What_has_no_place_in_a_file_is_refused_before_a_byte_is_written()
    {
        using var classifier = Networks.Classifier(Networks.Small with { Stack = new() { InferenceGamma = 0.25 } });
        using var stream = new MemoryStream();

        Assert.StartsWith("InferenceGamma is 0.25; an ONNX file holds the standard network",
            Assert.Throws<NotSupportedException>(() => classifier.SaveOnnx(stream)).Message, StringComparison.Ordinal);
        Assert.StartsWith("There are 1 names for 5 classes",
            Assert.Throws<ArgumentException>(() => classifier.SaveOnnx(stream, null, ["one"])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => classifier.SaveOnnx(stream, new() { Opset = 27 }));
        Assert.Equal(0, stream.Length);
    }

    [Fact]
    public void A_file_that_cannot_be_written_leaves_the_one_that_was_there()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "model.onnx");
        using var good = Networks.Classifier(Networks.Small);
        good.SaveOnnx(path);
        var before = File.ReadAllBytes(path);
        using var bad = Networks.Classifier(Networks.Small with { Stack = new() { InferenceGamma = 0.25 } });

        Assert.Throws<NotSupportedException>(() => bad.SaveOnnx(path));

        Assert.Equal(before, File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void A_disposed_classifier_says_so()
    {
        var classifier = Networks.Classifier(Networks.Small);
        classifier.Dispose();

        Assert.Throws<ObjectDisposedException>(() => classifier.SaveOnnx(new MemoryStream()));
    }

    private double Distance(VisionTransformerOptions network, OnnxOptions options)
    {
        using var classifier = Networks.Classifier(network);
        using var file = new OnnxFile(stream => classifier.SaveOnnx(stream, options));
        return Distance(classifier, file);
    }

    /// <summary>The largest difference between two probabilities.</summary>
    private double Distance(ImageClassifier classifier, OnnxFile file)
    {
        var network = classifier.Model.Options;
        var pixels = Networks.Pictures(network, Count);
        var expected = new float[Count * network.Classes];
        classifier.Score(pixels, Count, expected);
        var actual = file.Run("image", pixels, Networks.Shape(network, Count), "probabilities");

        Assert.Equal(expected.Length, actual.Length);
        var largest = expected.Zip(actual, (a, b) => Math.Abs((double)a - b)).Max();
        output.WriteLine($"largest difference of a probability: {largest:g3}");
        return largest;
    }
}
