using Bdia.Core.Layers;
using Bdia.Core.Models;
using Bdia.Core.Onnx;
using Bdia.Core.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Export;

/// <summary>What graphs of networks that read texts have in common.</summary>
internal static class TextGraph
{
    /// <summary>(B, 1, 1, N) of ids (B, N): what keeps attention from padding, added to its scores.</summary>
    public static string PaddingBias(IOnnxGraph graph, string ids)
    {
        var bias = graph.Node("Where", "padding", IsPadding(graph, ids),
            graph.AddNumber("padding.never", float.NegativeInfinity), graph.AddNumber("none", 0));
        return graph.Reshape("padding", bias, 0, 1, 1, -1);
    }

    /// <summary>(B, N) of ids (B, N).</summary>
    public static string IsPadding(IOnnxGraph graph, string ids)
        => graph.Node("Equal", "padding", ids, graph.AddIntegers("padding.id", [SpecialTokens.Padding], scalar: true));

    /// <summary>A table of places, (longest, D): the learned one, or a sinusoidal one as long as texts can be.</summary>
    /// <exception cref="NotSupportedException">Such a table would be too large for a file.</exception>
    public static string Places(
        IOnnxGraph graph, NetworkState state, string name, PositionEncoding positions, long longest, int width, string remedy)
    {
        if (positions == PositionEncoding.Learned) return graph.AddTensor($"{name}.weight", state.Take($"{name}.weight"));
        if (longest * width * sizeof(float) > OnnxGraph.MostBytes)
            throw new NotSupportedException($"Texts of {longest} tokens need a table of places of {longest * width * sizeof(float)} bytes, "
                + $"and an ONNX file may have {OnnxGraph.MostBytes}: {remedy}. Nothing was written.");
        return graph.AddTensor(name, SinusoidalPositions.Rows(0, longest, width, CPU));
    }

    /// <summary>A layer normalisation of a network's own.</summary>
    public static string Norm(IOnnxGraph graph, NetworkState state, string name, string x)
        => graph.Norm(name, x, state.Take($"{name}.weight"), state.Take($"{name}.bias"), LayerNorm.Epsilon);
}
