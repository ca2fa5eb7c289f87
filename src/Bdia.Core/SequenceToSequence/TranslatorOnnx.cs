using Bdia.Core.Decoding;
using Bdia.Core.Export;
using Bdia.Core.Models;
using Bdia.Core.Onnx;
using Bdia.Core.Text;
using static TorchSharp.torch;

namespace Bdia.Core.SequenceToSequence;

/// <summary>A translator as two ONNX files and the JSON of what their caller needs to know.</summary>
internal static class TranslatorOnnx
{
    private const int Version = 1;

    /// <summary>Makes both graphs and the JSON, then hands them over to be written: nothing is written where one of them cannot be
    /// made.</summary>
    /// <param name="description">The translator's; <see cref="TranslatorDescription.Decoding"/> with a number for
    /// MaxLengthConstant.</param>
    /// <param name="network">Its network.</param>
    /// <param name="options">Operators and weights.</param>
    /// <param name="write">Is handed what writes the encoder, what writes the decoder, and the JSON.</param>
    public static void Write(TranslatorDescription description, EncoderDecoder network, OnnxOptions options,
        Action<Action<Stream>, Action<Stream>, byte[]> write)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var (sizes, decoding) = (network.Options, description.Decoding);
        var longest = decoding.LongestOutput(description.MaxTokens);
        if (sizes.Positions == PositionEncoding.Learned) longest = Math.Min(longest, sizes.MaxLength);
        var source = PortableTokenizer.Of(description.Source);
        var json = PortableDescription.Of(new Document(
            Version, options.Opset, options.Weights,
            PortableIds.Ours,
            new Network(sizes.DecoderDepth, sizes.Heads, sizes.Width / sizes.Heads, sizes.SourceVocabulary, sizes.TargetVocabulary),
            new Bounds(description.MaxTokens, description.LongTexts, longest),
            decoding, source,
            ReferenceEquals(description.Source, description.Target) ? null : PortableTokenizer.Of(description.Target)));
        var graphs = new EncoderDecoderGraph(network, options, description.MaxTokens, longest);
        graphs.Encoder.Tell("part", "encoder");
        graphs.Decoder.Tell("part", "decoder step");
        write(graphs.Encoder.Prepare(), graphs.Decoder.Prepare(), json);
    }

    private sealed record Document(
        int FormatVersion, int Opset, OnnxWeights Weights, PortableIds Ids, Network Network, Bounds Bounds, DecodingOptions Decoding,
        PortableTokenizer SourceTokenizer, PortableTokenizer? TargetTokenizer);

    private sealed record Network(int DecoderBlocks, int Heads, int HeadSize, int SourceVocabulary, int TargetVocabulary);

    /// <param name="Source">Most tokens of a source, end token counted.</param>
    /// <param name="LongTexts">What becomes of longer ones.</param>
    /// <param name="Output">Most tokens of an output, end token counted: so many places the decoder has.</param>
    private sealed record Bounds(int Source, LongTextPolicy LongTexts, int Output);
}
