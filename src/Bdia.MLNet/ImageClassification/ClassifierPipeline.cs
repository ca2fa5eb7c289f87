using Bdia.Core.ImageClassification;
using Bdia.Core.Onnx;
using Bdia.MLNet.Columns;
using Bdia.MLNet.Internals;
using Bdia.MLNet.Scoring;
using Microsoft.ML.Data;
using static TorchSharp.torch;

namespace Bdia.MLNet.ImageClassification;

/// <summary>A classifier of pixel vectors as a step of a pipeline in ONNX.</summary>
internal static class ClassifierPipeline
{
    private const long UInt32 = 12; // TensorProto.DataType

    /// <summary>Adds the network and the columns that it gives.</summary>
    /// <param name="pipeline">Where to.</param>
    /// <param name="network">Adds the network to a graph, of images (B, C, H, W), and gives the value of the probabilities.</param>
    /// <param name="image">Its column.</param>
    /// <param name="layout">Order of the pixels in it.</param>
    /// <param name="columns">What is added.</param>
    /// <param name="types">Their types.</param>
    /// <exception cref="NotSupportedException">The pixels are not in the graph, or the network has a part without an ONNX form.</exception>
    public static void Add(OnnxPipeline pipeline, Func<IOnnxGraph, string, string> network, ImageColumn image, PixelLayout layout,
        ClassificationColumns columns, IReadOnlyList<DataViewType> types)
    {
        if (!pipeline.Has(image.Name))
            throw new NotSupportedException($"Column '{image.Name}' is not in the ONNX graph: a step before the model has no ONNX form "
                + "(ML.NET's log names it; steps with images have none). Nothing was written. Convert the part of the pipeline from the "
                + "pixel vectors on, with rows that have them, or write the network alone: SaveOnnx.");
        using var scope = NewDisposeScope();
        var graph = new PipelineGraph(pipeline);
        var probabilities = network(graph, Planar(graph, pipeline.Column(image.Name), image.Shape, layout));
        var best = graph.AddNode("ArgMax", "label", [probabilities], 1, new("axis", 1L), new("keepdims", 1L))[0];
        var key = graph.AddNode("Add", "label", [best, graph.AddIntegers("one", [1])], 1)[0]; // keys count from 1
        var label = graph.AddNode("Cast", "label", [key], 1, new OnnxAttribute("to", UInt32))[0];
        pipeline.AddColumn(types[ClassificationColumns.PredictedLabelIndex], columns.PredictedLabel, label);
        pipeline.AddColumn(types[ClassificationColumns.ScoreIndex], columns.Score, probabilities);
    }

    // (B, C, H, W), whatever the column's dimensions.
    private static string Planar(PipelineGraph graph, string pixels, ImageShape shape, PixelLayout layout)
    {
        string Reshaped(long a, long b, long c)
            => graph.AddNode("Reshape", "pixels", [pixels, graph.AddIntegers("shape", [-1, a, b, c])], 1)[0];
        return layout == PixelLayout.Interleaved
            ? graph.AddNode("Transpose", "pixels", [Reshaped(shape.Height, shape.Width, shape.Channels)], 1,
                new OnnxAttribute("perm", new long[] { 0, 3, 1, 2 }))[0]
            : Reshaped(shape.Channels, shape.Height, shape.Width);
    }
}
