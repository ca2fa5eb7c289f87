using Bdia.Core.Decoding;
using Bdia.Core.Export;
using Bdia.Core.Models;
using Bdia.Core.Onnx;
using Bdia.Core.Text;
using static TorchSharp.torch;

namespace Bdia.Core.TextGeneration;

/// <summary>A generator as an ONNX file of one step, and the JSON of what its caller needs to know.</summary>
internal static class GeneratorOnnx
{
    private const int Version = 1;

    /// <summary>Makes the graph and the JSON, then hands them over to be written: nothing is written where one of them cannot be
    /// made.</summary>
    /// <param name="description">The generator's.</param>
    /// <param name="network">Its network.</param>
    /// <param name="options">Operators and weights.</param>
    /// <param name="write">Is handed what writes the step, and the JSON.</param>
    public static void Write(GeneratorDescription description, LanguageModel network, OnnxOptions options,
        Action<Action<Stream>, byte[]> write)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var sizes = network.Options;
        var json = PortableDescription.Of(new Document(Version, options.Opset, options.Weights, PortableIds.Ours,
            new Network(sizes.Depth, sizes.Heads, sizes.Width / sizes.Heads, sizes.Vocabulary), sizes.MaxLength, description.Decoding,
            PortableTokenizer.Of(description.Tokenizer)));
        write(LanguageModelGraph.Step(network, options).Prepare(), json);
    }

    /// <param name="MaxTokens">Places that the network has: so many tokens can be read, the start token and what a text begins with
    /// counted.</param>
    private sealed record Document(
        int FormatVersion, int Opset, OnnxWeights Weights, PortableIds Ids, Network Network, int MaxTokens, DecodingOptions Decoding,
        PortableTokenizer Tokenizer);

    private sealed record Network(int DecoderBlocks, int Heads, int HeadSize, int Vocabulary);
}
