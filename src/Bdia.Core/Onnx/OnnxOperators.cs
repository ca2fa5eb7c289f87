namespace Bdia.Core.Onnx;

/// <summary>Operators of ONNX as a graph's user wants them: one result, and whatever the version of the operators asks for.</summary>
internal static class OnnxOperators
{
    /// <summary>A node with one result.</summary>
    public static string Node(this IOnnxGraph graph, string op, string name, params string[] inputs)
        => graph.AddNode(op, name, inputs, 1)[0];

    /// <summary>A node with one result and an attribute.</summary>
    public static string Node(this IOnnxGraph graph, string op, string name, string[] inputs, OnnxAttribute attribute)
        => graph.AddNode(op, name, inputs, 1, attribute)[0];

    /// <summary>The same elements in another shape; 0 stands for the dimension as it was, -1 for what is left.</summary>
    public static string Reshape(this IOnnxGraph graph, string name, string x, params long[] shape)
        => graph.Node("Reshape", name, x, graph.AddIntegers("shape", shape));

    /// <summary>Dimensions in another order.</summary>
    public static string Transpose(this IOnnxGraph graph, string name, string x, params long[] order)
        => graph.Node("Transpose", name, [x], new("perm", order));

    /// <summary>Values behind one another along a dimension.</summary>
    public static string Concat(this IOnnxGraph graph, string name, long axis, params string[] parts)
        => graph.Node("Concat", name, parts, new("axis", axis));

    /// <summary>Rows of a table.</summary>
    public static string Gather(this IOnnxGraph graph, string name, string table, string indices)
        => graph.Node("Gather", name, [table, indices], new("axis", 0L));

    /// <summary>A part along one dimension.</summary>
    public static string Slice(this IOnnxGraph graph, string name, string x, long axis, long from, long end)
        => graph.Slice(name, x, axis, from, graph.AddIntegers("end", [end]));

    /// <summary>A part along one dimension, of which the end is a value.</summary>
    public static string Slice(this IOnnxGraph graph, string name, string x, long axis, long from, string end)
        => graph.Node("Slice", name, x, graph.AddIntegers("from", [from]), end, graph.AddIntegers("axis", [axis]));

    /// <summary>Equal parts along the last dimension.</summary>
    public static IReadOnlyList<string> Split(this IOnnxGraph graph, string name, string x, int parts)
        => graph.Opset < 18 ? graph.AddNode("Split", name, [x], parts, new OnnxAttribute("axis", -1L))
            : graph.AddNode("Split", name, [x], parts, new OnnxAttribute("axis", -1L), new OnnxAttribute("num_outputs", (long)parts));

    /// <summary>The mean along a dimension, which stays, of size 1.</summary>
    public static string Mean(this IOnnxGraph graph, string name, string x, long axis)
        => graph.Opset < 18 ? graph.AddNode("ReduceMean", name, [x], 1, new("axes", new[] { axis }), new("keepdims", 1L))[0]
            : graph.AddNode("ReduceMean", name, [x, graph.AddIntegers("axis", [axis])], 1, new OnnxAttribute("keepdims", 1L))[0];

    /// <summary>One dimension of a value's shape, as one whole number in one dimension.</summary>
    public static string Size(this IOnnxGraph graph, string name, string x, long axis)
        => graph.Slice(name, graph.Node("Shape", name, x), 0, axis, axis + 1);
}
