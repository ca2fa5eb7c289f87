using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Bdia.Core.Export;
using Bdia.Core.Models;
using Bdia.Core.Onnx;
using static TorchSharp.torch;

namespace Bdia.Core.ImageClassification;

/// <summary>A classifier as nodes of ONNX: pixels in, probabilities out.</summary>
internal static class ImageClassifierOnnx
{
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Adds the network behind its normalisation.</summary>
    /// <param name="graph">Where to.</param>
    /// <param name="network">The network.</param>
    /// <param name="normalization">What its pixels go through.</param>
    /// <param name="image">Pixels (B, C, H, W), in the units of the training data.</param>
    public static (string Logits, string Probabilities) Add(
        IOnnxGraph graph, VisionTransformer network, PixelNormalization normalization, string image)
    {
        using var noGradients = no_grad();
        var logits = VisionTransformerGraph.Add(graph, network, Normalized(graph, normalization, image));
        return (logits, graph.Node("Softmax", "probabilities", [logits], new("axis", 1L)));
    }

    /// <summary>Writes a file.</summary>
    public static void Write(
        Stream stream, VisionTransformer network, PixelNormalization normalization, OnnxOptions options, IReadOnlyList<string>? classNames)
    {
        using var scope = NewDisposeScope();
        var sizes = network.Options;
        var graph = new OnnxGraph("image_classifier", options);
        var image = graph.Input("image", OnnxElement.Float, "batch", sizes.Channels, sizes.ImageHeight, sizes.ImageWidth);
        var (logits, probabilities) = Add(graph, network, normalization, image);
        graph.Output("probabilities", probabilities, "batch", sizes.Classes);
        graph.Output("logits", logits, "batch", sizes.Classes);
        graph.Tell("image", $"float32, (batch, {sizes.Channels}, {sizes.ImageHeight}, {sizes.ImageWidth}): "
            + $"{(sizes.Channels == 3 ? "red, green, blue" : "grey")}, in the units of the training data (pictures: 0 to 255)");
        graph.Tell("mean", JsonSerializer.Serialize(normalization.Mean));
        graph.Tell("deviation", JsonSerializer.Serialize(normalization.StandardDeviation));
        if (classNames is not null) graph.Tell("classes", JsonSerializer.Serialize(classNames, Json));
        graph.Prepare()(stream);
    }

    private static string Normalized(IOnnxGraph graph, PixelNormalization normalization, string image)
    {
        var channels = normalization.Mean.Count;
        var lines = Enumerable.Range(0, channels).Select(channel => normalization.Line(channel)
            ?? throw new NotSupportedException(string.Create(CultureInfo.InvariantCulture,
                $"The normalisation of channel {channel} is mean {normalization.Mean[channel]} and deviation ")
                + string.Create(CultureInfo.InvariantCulture, $"{normalization.StandardDeviation[channel]}, ")
                + "of which float32 makes no factor and summand. Nothing was written. Train on pixels in other units.")).ToArray();
        var scaled = graph.Node("Mul", "image", image,
            graph.AddTensor("image.scale", tensor(Array.ConvertAll(lines, line => line.Scale), [1, channels, 1, 1])));
        return graph.Node("Add", "image", scaled,
            graph.AddTensor("image.offset", tensor(Array.ConvertAll(lines, line => line.Offset), [1, channels, 1, 1])));
    }
}
