using Bdia.Core.Models;
using Bdia.Core.Onnx;

namespace Bdia.Core.Export;

/// <summary>A language model in evaluation mode as nodes: one step, which is run for each token that is read or written.</summary>
internal static class LanguageModelGraph
{
    /// <summary>
    /// Ids (rows, 1) and keys and values of the tokens before, past.K.key and past.K.value (rows, H, past, Dh), to logits (rows, V) of the
    /// token that follows, and keys and values with those of this one, present.K.key and present.K.value.
    /// </summary>
    /// <param name="network">The network.</param>
    /// <param name="options">Operators and weights.</param>
    /// <exception cref="NotSupportedException">The network has parts that have no ONNX form; the message names them.</exception>
    public static OnnxGraph Step(LanguageModel network, OnnxOptions options)
    {
        var (sizes, state, graph) = (network.Options, new NetworkState(network), new OnnxGraph("decoder_step", options));
        var size = sizes.Width / sizes.Heads;
        var ids = graph.Input("ids", OnnxElement.Int64, "rows", 1);
        var pasts = Enumerable.Range(0, sizes.Depth).Select(k => (
            Keys: graph.Input($"past.{k}.key", OnnxElement.Float, "rows", sizes.Heads, "past", size),
            Values: graph.Input($"past.{k}.value", OnnxElement.Float, "rows", sizes.Heads, "past", size))).ToArray();

        var stack = new StackGraph(graph, "blocks", sizes.Stack);
        var table = new TokenTable(graph, "embed", state.Take("embed.weight"), LanguageModel.Scale(sizes));
        var places = graph.AddTensor("positions.weight", state.Take("positions.weight"));
        var place = graph.Gather("places", places, graph.Size("past", pasts[0].Keys, 2)); // (1, D)
        var x = stack.Start(graph.Node("Add", "tokens", table.Vectors(ids), place));
        for (var k = 0; k < sizes.Depth; k++)
        {
            var (block, past, number) = (new BlockGraph(graph, state, $"blocks.{k}", sizes.Block), pasts[k], k);
            x = stack.Step(x, block.Residual(x,
                z => block.CachedSelfAttention(z, past.Keys, past.Values, (keys, values) =>
                {
                    graph.Output($"present.{number}.key", keys, "rows", sizes.Heads, "present", size);
                    graph.Output($"present.{number}.value", values, "rows", sizes.Heads, "present", size);
                }),
                block.FeedForward));
        }

        var last = TextGraph.Norm(graph, state, "norm", graph.Reshape("last", x, -1, sizes.Width));
        graph.Output("logits", table.Logits(last), "rows", sizes.Vocabulary);
        state.RequireAllTaken();
        return graph;
    }
}
