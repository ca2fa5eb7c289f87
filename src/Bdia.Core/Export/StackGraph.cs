using Bdia.Core.Onnx;
using Bdia.Core.Reversible;

namespace Bdia.Core.Export;

/// <summary>A stack at inference, x_{k+1} = x_k + Q[h_k(x_k)], as nodes: the grid as the stack has it.</summary>
internal sealed class StackGraph
{
    private readonly IOnnxGraph graph;
    private readonly string name;
    private readonly BdiaStackOptions options;

    /// <param name="graph">Where to.</param>
    /// <param name="name">Of the stack.</param>
    /// <param name="options">Of the stack.</param>
    /// <exception cref="NotSupportedException">At inference it is not the standard network.</exception>
    public StackGraph(IOnnxGraph graph, string name, BdiaStackOptions options)
    {
        if (options.InferenceGamma != 0)
            throw new NotSupportedException(FormattableString.Invariant($"InferenceGamma is {options.InferenceGamma}; ")
                + "an ONNX file holds the standard network, which is that of InferenceGamma = 0. Nothing was written.");
        (this.graph, this.name, this.options) = (graph, name, options);
    }

    /// <summary>x_0 of what goes in.</summary>
    public string Start(string x) => Rounded(x);

    /// <summary>x_{k+1} of x_k and h_k(x_k).</summary>
    public string Step(string x, string h) => graph.Node("Add", $"{name}.step", x, Rounded(h));

    private string Rounded(string x) => options.Quantize ? graph.Round($"{name}.grid", x, options.FractionBits) : x;
}
