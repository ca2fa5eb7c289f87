using Bdia.Core.Onnx;
using static TorchSharp.torch;

namespace Bdia.Core.Export;

/// <summary>An embedding as nodes: vectors of ids, and, where its weights serve as the output product, scores of all ids.</summary>
/// <remarks>In float32 its rows are a constant of the graph, (V, D), else the matrix in bytes; either once.</remarks>
internal sealed class TokenTable
{
    private readonly IOnnxGraph graph;
    private readonly double scale;
    private readonly string? rows;
    private readonly ByteMatrix? bytes;

    /// <param name="graph">Where to.</param>
    /// <param name="name">Of the embedding.</param>
    /// <param name="weight">(V, D).</param>
    /// <param name="scale">What vectors are multiplied by when they are read.</param>
    public TokenTable(IOnnxGraph graph, string name, Tensor weight, double scale)
    {
        (this.graph, this.scale) = (graph, scale);
        if (graph.Weights == OnnxWeights.Int8) bytes = new ByteMatrix(graph, $"{name}.weight", weight);
        else rows = graph.AddTensor($"{name}.weight", weight);
    }

    /// <summary>(B, N, D) of ids (B, N).</summary>
    public string Vectors(string ids)
    {
        var vectors = rows is null ? graph.Rows("embed", bytes!, ids) : graph.Gather("embed", rows, ids);
        return graph.Node("Mul", "embed", vectors, graph.AddNumber("embed.scale", (float)scale));
    }

    /// <summary>(R, V) of states (R, D).</summary>
    public string Logits(string states)
        => rows is null ? graph.Product("head", states, bytes!)
            : graph.Node("MatMul", "head", states, graph.Transpose("head", rows, 1, 0));
}
