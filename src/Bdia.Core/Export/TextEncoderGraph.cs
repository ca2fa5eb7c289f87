using Bdia.Core.Models;
using Bdia.Core.Onnx;
using Bdia.Core.Text;

namespace Bdia.Core.Export;

/// <summary>A text encoder in evaluation mode as nodes.</summary>
internal static class TextEncoderGraph
{
    /// <summary>Adds the network.</summary>
    /// <param name="graph">Where to.</param>
    /// <param name="network">The network.</param>
    /// <param name="ids">(B, N), int64, padded at the end.</param>
    /// <param name="longest">Tokens of the longest row.</param>
    /// <returns>Logits, (B, classes).</returns>
    /// <exception cref="NotSupportedException">The network has parts that have no ONNX form; the message names them.</exception>
    public static string Add(IOnnxGraph graph, TextEncoder network, string ids, long longest)
    {
        var (sizes, state) = (network.Options, new NetworkState(network));
        var stack = new StackGraph(graph, "encoder", sizes.Stack);
        // An id in front for the class token, which is never padding.
        var withToken = graph.Node("Pad", "class", ids, graph.AddIntegers("before", [0, 1, 0, 0]),
            graph.AddIntegers("class.id", [SpecialTokens.End], scalar: true));
        var bias = TextGraph.PaddingBias(graph, withToken);
        var x = stack.Start(Tokens(graph, sizes, state, ids, longest)); // (B, 1 + N, D)
        for (var k = 0; k < sizes.Depth - 1; k++)
        {
            var block = Block(k);
            x = stack.Step(x, block.Residual(x, z => block.SelfAttention(z, bias), block.FeedForward));
        }

        // Of the last block nothing but the class token is read.
        var (last, token) = (Block(sizes.Depth - 1), graph.Slice("class", x, 1, 0, 1));
        token = stack.Step(token, last.LeadingResidual(x, token, z => last.LeadingSelfAttention(z, 1, bias), last.FeedForward));
        var read = TextGraph.Norm(graph, state, "encoder_norm", graph.Reshape("read", token, -1, sizes.Width));
        var logits = graph.Dense("head", read, state.Take("head.weight"), state.TakeIfAny("head.bias"));
        state.RequireAllTaken();
        return logits;

        BlockGraph Block(int k) => new(graph, state, $"encoder.{k}", sizes.Block);
    }

    // The class token, which starts from the mean of the tokens' vectors, then the tokens with their places.
    private static string Tokens(IOnnxGraph graph, TextEncoderOptions sizes, NetworkState state, string ids, long longest)
    {
        var table = new TokenTable(graph, "embed", state.Take("embed.weight"), Math.Sqrt(sizes.Width));
        var vectors = table.Vectors(ids);
        var real = graph.Node("Where", "real", TextGraph.IsPadding(graph, ids), graph.AddNumber("none", 0), graph.AddNumber("one", 1));
        real = graph.Reshape("real", real, 0, -1, 1); // (B, N, 1)
        var mean = graph.Node("Div", "mean", graph.Mean("mean", graph.Node("Mul", "mean", vectors, real), 1), graph.Mean("real", real, 1));
        var first = graph.Node("Add", "class", mean, graph.AddTensor("cls_token", state.Take("cls_token"))); // (B, 1, D)

        var places = TextGraph.Places(graph, state, "positions", sizes.Positions, longest, sizes.Width, "train with fewer MaxTokens");
        var tokens = graph.Node("Add", "tokens", vectors, graph.Slice("places", places, 0, 0, graph.Size("length", ids, 1)));
        if (sizes.Pairs)
            tokens = graph.Node("Add", "tokens", tokens, graph.Gather("segments", graph.AddTensor("segments", state.Take("segments")),
                Segments(graph, ids)));
        return graph.Concat("tokens", 1, first, tokens);
    }

    // 0 up to and with the first end token, 1 behind it: (B, N).
    private static string Segments(IOnnxGraph graph, string ids)
    {
        var isEnd = graph.Node("Equal", "end", ids, graph.AddIntegers("end.id", [SpecialTokens.End], scalar: true));
        var ends = graph.Node("Cast", "end", [isEnd], new("to", (long)OnnxElement.Int64));
        var before = graph.Node("CumSum", "end", [ends, graph.AddIntegers("tokens", [1], scalar: true)], new("exclusive", 1L));
        return graph.Node("Min", "segment", before, graph.AddIntegers("second", [1], scalar: true));
    }
}
