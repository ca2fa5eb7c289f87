using System.Text.Json;
using Bdia.Core.Export;
using Bdia.Core.Models;
using Bdia.Core.Onnx;
using Bdia.Core.Text;
using static TorchSharp.torch;

namespace Bdia.Core.TextClassification;

/// <summary>A text classifier as an ONNX file, ids in, probabilities out, and the JSON of what its caller needs to know.</summary>
internal static class TextClassifierOnnx
{
    private const int Version = 1;

    /// <summary>Makes the graph and the JSON, then hands them over to be written: nothing is written where one of them cannot be
    /// made.</summary>
    /// <param name="description">The classifier's.</param>
    /// <param name="network">Its network.</param>
    /// <param name="options">Operators and weights.</param>
    /// <param name="classNames">Names of the classes; null for none.</param>
    /// <param name="write">Is handed what writes the network, and the JSON.</param>
    public static void Write(TextClassifierDescription description, TextEncoder network, OnnxOptions options,
        IReadOnlyList<string>? classNames, Action<Action<Stream>, byte[]> write)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var sizes = network.Options;
        var json = PortableDescription.Of(new Document(Version, options.Opset, options.Weights, PortableIds.Ours, sizes.Vocabulary,
            sizes.Classes, classNames, sizes.Pairs, description.MaxTokens, description.LongTexts,
            PortableTokenizer.Of(description.Tokenizer)));
        var graph = new OnnxGraph("text_classifier", options);
        var ids = graph.Input("ids", OnnxElement.Int64, "batch", "length");
        var logits = TextEncoderGraph.Add(graph, network, ids, description.MaxTokens);
        graph.Output("probabilities", graph.Node("Softmax", "probabilities", [logits], new("axis", 1L)), "batch", sizes.Classes);
        graph.Output("logits", logits, "batch", sizes.Classes);
        graph.Tell("ids", sizes.Pairs ? "int64, (batch, length): a text, an end token, another text, an end token, padding"
            : "int64, (batch, length): a text, an end token, padding");
        if (classNames is not null) graph.Tell("classes", JsonSerializer.Serialize(classNames));
        write(graph.Prepare(), json);
    }

    private sealed record Document(
        int FormatVersion, int Opset, OnnxWeights Weights, PortableIds Ids, int Vocabulary, int Classes,
        IReadOnlyList<string>? ClassNames, bool Pairs, int MaxTokens, LongTextPolicy LongTexts, PortableTokenizer Tokenizer);
}
