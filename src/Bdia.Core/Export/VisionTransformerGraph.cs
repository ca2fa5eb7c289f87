using Bdia.Core.Models;
using Bdia.Core.Onnx;
using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Export;

/// <summary>A vision transformer in evaluation mode as nodes.</summary>
internal static class VisionTransformerGraph
{
    /// <summary>Adds the network.</summary>
    /// <param name="graph">Where to.</param>
    /// <param name="network">The network.</param>
    /// <param name="images">(B, C, Hi, Wi), normalised.</param>
    /// <returns>Logits, (B, classes).</returns>
    /// <exception cref="NotSupportedException">The network has parts that have no ONNX form; the message names them.</exception>
    public static string Add(IOnnxGraph graph, VisionTransformer network, string images)
    {
        var (options, state) = (network.Options, new NetworkState(network));
        var stack = new StackGraph(graph, "blocks", options.Stack);
        var x = stack.Start(Tokens(graph, options, state, images));
        var readsClassToken = options.Pooling == VisionTransformerPooling.ClassToken;
        for (var k = 0; k < options.Depth; k++)
        {
            var block = new BlockGraph(graph, state, $"blocks.{k}", options.Block(k));
            x = readsClassToken && k == options.Depth - 1 ? Last(graph, stack, block, x)
                : stack.Step(x, block.Residual(x, z => block.SelfAttention(z, bias: null), block.FeedForward));
        }

        if (!readsClassToken) x = graph.Mean("pool", graph.Slice("pool", x, 1, options.PrefixTokens, options.Tokens), 1);
        var read = Norm(graph, options, state, readsClassToken ? "norm" : "fc_norm", graph.Reshape("read", x, -1, options.Width));
        var logits = graph.Dense("head", read, state.Take("head.weight"), state.TakeIfAny("head.bias"));
        state.RequireAllTaken();
        return logits;
    }

    // Of the last block nothing but the class token is read.
    private static string Last(IOnnxGraph graph, StackGraph stack, BlockGraph block, string x)
    {
        var token = graph.Slice("class", x, 1, 0, 1);
        return stack.Step(token, block.LeadingResidual(x, token, z => block.LeadingSelfAttention(z, 1, bias: null), block.FeedForward));
    }

    // Patches, places and the tokens before the patches: (B, N, D).
    private static string Tokens(IOnnxGraph graph, VisionTransformerOptions options, NetworkState state, string images)
    {
        var (rows, columns, side) = (options.ImageHeight / options.PatchSize, options.ImageWidth / options.PatchSize, options.PatchSize);
        var weight = state.Take("patch_embed.proj.weight").view(options.Width, -1);
        var parts = graph.Reshape("patches", images, -1, options.Channels, rows, side, columns, side);
        var pixels = graph.Reshape("patches", graph.Transpose("patches", parts, 0, 2, 4, 1, 3, 5), -1, rows * columns, weight.shape[1]);
        var x = graph.Dense("patch_embed.proj", pixels, weight, state.TakeIfAny("patch_embed.proj.bias"));

        // Rows of zeros before the patches: for any number of images, and what is added to all rows has the tokens in it.
        if (options.PrefixTokens > 0)
            x = graph.Node("Pad", "tokens", x, graph.AddIntegers("before", [0, options.PrefixTokens, 0, 0, 0, 0]));
        x = graph.Node("Add", "tokens", x, graph.AddTensor("pos_embed", Places(options, state)));
        return options.PreNorm ? Norm(graph, options, state, "norm_pre", x) : x;
    }

    // (1, N, D): the position embedding, and the tokens before the patches.
    private static Tensor Places(VisionTransformerOptions options, NetworkState state)
    {
        var places = state.Take("pos_embed");
        if (options.PrefixTokens == 0) return places;
        var prefix = new List<Tensor>();
        if (options.Pooling == VisionTransformerPooling.ClassToken) prefix.Add(state.Take("cls_token"));
        if (options.RegisterTokens > 0) prefix.Add(state.Take("reg_token"));
        var first = cat(prefix, 1);
        return options.PositionsOfPatches ? cat([first, places], 1)
            : cat([first.Plus(places.narrow(1, 0, options.PrefixTokens)), places.narrow(1, options.PrefixTokens, options.Patches)], 1);
    }

    private static string Norm(IOnnxGraph graph, VisionTransformerOptions options, NetworkState state, string name, string x)
        => graph.Norm(name, x, state.Take($"{name}.weight"), state.Take($"{name}.bias"), options.Epsilon);
}
