using Bdia.Core.Models;
using Bdia.Core.Onnx;

namespace Bdia.Core.Export;

/// <summary>
/// An encoder-decoder in evaluation mode as two graphs: the encoder, which reads sources once, and one step of the decoder, which is run
/// for each token that is written.
/// </summary>
internal sealed class EncoderDecoderGraph
{
    private readonly EncoderDecoderOptions sizes;
    private readonly NetworkState state;
    private readonly long headSize;

    /// <summary>Makes both graphs.</summary>
    /// <param name="network">The network.</param>
    /// <param name="options">Operators and weights.</param>
    /// <param name="longestSource">Tokens of the longest source.</param>
    /// <param name="longestOutput">Tokens of the longest output.</param>
    /// <exception cref="NotSupportedException">The network has parts that have no ONNX form; the message names them.</exception>
    public EncoderDecoderGraph(EncoderDecoder network, OnnxOptions options, long longestSource, long longestOutput)
    {
        (sizes, state) = (network.Options, new NetworkState(network));
        headSize = sizes.Width / sizes.Heads;
        Encoder = new OnnxGraph("encoder", options);
        Decoder = new OnnxGraph("decoder_step", options);
        AddEncoder(longestSource);
        AddDecoder(longestOutput);
        state.RequireAllTaken();
    }

    /// <summary>
    /// Ids (batch, length), padded at the end, to keys and values of the sources for each block of the decoder, memory.K.key (batch, H,
    /// Dh, length) and memory.K.value (batch, H, length, Dh).
    /// </summary>
    public OnnxGraph Encoder { get; }

    /// <summary>
    /// Ids (rows, 1), sources and what the encoder gives for them, and keys and values of what was written before, past.K.key and
    /// past.K.value (rows, H, past, Dh), to logits (rows, V) and those of what is written now, present.K.key and present.K.value.
    /// </summary>
    public OnnxGraph Decoder { get; }

    private void AddEncoder(long longest)
    {
        var graph = Encoder;
        var ids = graph.Input("ids", OnnxElement.Int64, "batch", "length");
        var bias = TextGraph.PaddingBias(graph, ids);
        var stack = new StackGraph(graph, "encoder", sizes.Stack);
        var places = graph.Slice("places", Places(graph, "source_positions", longest), 0, 0, graph.Size("length", ids, 1)); // (S, D)
        var x = stack.Start(graph.Node("Add", "tokens", Table(graph, "source_embed").Vectors(ids), places));
        for (var k = 0; k < sizes.EncoderDepth; k++)
        {
            var block = new BlockGraph(graph, state, $"encoder.{k}", sizes.EncoderBlock);
            x = stack.Step(x, block.Residual(x, z => block.SelfAttention(z, bias), block.FeedForward));
        }

        var memory = Norm(graph, "encoder_norm", x);
        for (var k = 0; k < sizes.DecoderDepth; k++)
        {
            var (keys, values) = new BlockGraph(graph, state, $"decoder.{k}", sizes.DecoderBlock).CrossKeysAndValues(memory);
            graph.Output($"memory.{k}.key", keys, "batch", sizes.Heads, headSize, "length");
            graph.Output($"memory.{k}.value", values, "batch", sizes.Heads, "length", headSize);
        }
    }

    private void AddDecoder(long longest)
    {
        var graph = Decoder;
        var ids = graph.Input("ids", OnnxElement.Int64, "rows", 1);
        var bias = TextGraph.PaddingBias(graph, graph.Input("source", OnnxElement.Int64, "rows", "length"));
        var kept = Enumerable.Range(0, sizes.DecoderDepth).Select(k => (
            Keys: graph.Input($"memory.{k}.key", OnnxElement.Float, "rows", sizes.Heads, headSize, "length"),
            Values: graph.Input($"memory.{k}.value", OnnxElement.Float, "rows", sizes.Heads, "length", headSize),
            PastKeys: graph.Input($"past.{k}.key", OnnxElement.Float, "rows", sizes.Heads, "past", headSize),
            PastValues: graph.Input($"past.{k}.value", OnnxElement.Float, "rows", sizes.Heads, "past", headSize))).ToArray();

        var stack = new StackGraph(graph, "decoder", sizes.Stack);
        var table = Table(graph, "target_embed");
        var place = graph.Gather("places", Places(graph, "target_positions", longest), graph.Size("past", kept[0].PastKeys, 2)); // (1, D)
        var x = stack.Start(graph.Node("Add", "tokens", table.Vectors(ids), place));
        for (var k = 0; k < sizes.DecoderDepth; k++)
        {
            var (block, past, number) = (new BlockGraph(graph, state, $"decoder.{k}", sizes.DecoderBlock), kept[k], k);
            x = stack.Step(x, block.Residual(x,
                z => block.CachedSelfAttention(z, past.PastKeys, past.PastValues, (keys, values) =>
                {
                    graph.Output($"present.{number}.key", keys, "rows", sizes.Heads, "present", headSize);
                    graph.Output($"present.{number}.value", values, "rows", sizes.Heads, "present", headSize);
                }),
                z => block.CrossAttention(z, past.Keys, past.Values, bias),
                block.FeedForward));
        }

        var last = Norm(graph, "decoder_norm", graph.Reshape("last", x, -1, sizes.Width));
        var logits = sizes.TieOutput ? table.Logits(last)
            : graph.Dense("head", last, state.Take("head.weight"), state.TakeIfAny("head.bias"));
        graph.Output("logits", logits, "rows", sizes.TargetVocabulary);
    }

    private TokenTable Table(OnnxGraph graph, string name)
    {
        name = sizes.ShareEmbeddings ? "embed" : name;
        return new TokenTable(graph, name, state.Take($"{name}.weight"), Math.Sqrt(sizes.Width));
    }

    private string Places(OnnxGraph graph, string name, long longest)
        => TextGraph.Places(graph, state, name, sizes.Positions, longest, sizes.Width,
            "lower Decoding.MaxLengthRatio or MaxLengthConstant");

    private string Norm(OnnxGraph graph, string name, string x) => TextGraph.Norm(graph, state, name, x);
}
