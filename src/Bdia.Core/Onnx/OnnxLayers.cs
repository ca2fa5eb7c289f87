using static TorchSharp.torch;

namespace Bdia.Core.Onnx;

/// <summary>Layers of networks as nodes: what <c>Operations</c> and <c>Layers</c> compute, with the operators that a version has.</summary>
internal static class OnnxLayers
{
    private const long LastAxis = -1;

    /// <summary>Layer normalisation over the last dimension.</summary>
    public static string Norm(this IOnnxGraph graph, string name, string x, Tensor weight, Tensor bias, double epsilon)
    {
        var (scale, shift) = (graph.AddTensor($"{name}.weight", weight), graph.AddTensor($"{name}.bias", bias));
        if (graph.Opset >= 17)
        {
            return graph.AddNode("LayerNormalization", name, [x, scale, shift], 1,
                new("axis", LastAxis), new("epsilon", (float)epsilon))[0];
        }

        var centred = graph.Node("Sub", name, x, graph.Mean(name, x, LastAxis));
        var variance = graph.Mean(name, graph.Node("Pow", name, centred, graph.AddNumber($"{name}.two", 2f)), LastAxis);
        var deviation = graph.Node("Sqrt", name, graph.Node("Add", name, variance, graph.AddNumber($"{name}.epsilon", (float)epsilon)));
        return graph.Node("Add", name, graph.Node("Mul", name, graph.Node("Div", name, centred, deviation), scale), shift);
    }

    /// <summary>The exact Gaussian error linear unit.</summary>
    public static string Gelu(this IOnnxGraph graph, string name, string x)
    {
        if (graph.Opset >= 20) return graph.Node("Gelu", name, x);
        var error = graph.Node("Erf", name, graph.Node("Div", name, x, graph.AddNumber($"{name}.root", MathF.Sqrt(2))));
        var product = graph.Node("Mul", name, x, graph.Node("Add", name, error, graph.AddNumber($"{name}.one", 1f)));
        return graph.Node("Mul", name, product, graph.AddNumber($"{name}.half", 0.5f));
    }

    /// <summary>x Wᵀ + b.</summary>
    /// <param name="graph">Where to.</param>
    /// <param name="name">Of the layer.</param>
    /// <param name="x">(..., inputs).</param>
    /// <param name="weight">W, (outputs, inputs).</param>
    /// <param name="bias">b, (outputs); null for none.</param>
    /// <returns>(..., outputs).</returns>
    public static string Dense(this IOnnxGraph graph, string name, string x, Tensor weight, Tensor? bias)
    {
        var product = graph.Weights == OnnxWeights.Int8 ? graph.Product(name, x, new ByteMatrix(graph, $"{name}.weight", weight))
            : graph.Node("MatMul", name, x, graph.AddTensor($"{name}.weight", weight.t()));
        return bias is null ? product : graph.Node("Add", name, product, graph.AddTensor($"{name}.bias", bias));
    }

    /// <summary>x Wᵀ of a matrix in 8 bits: x is brought to 8 bits with one scale, the sums are whole numbers.</summary>
    public static string Product(this IOnnxGraph graph, string name, string x, ByteMatrix matrix)
    {
        var rounded = graph.AddNode("DynamicQuantizeLinear", name, [x], 3); // x in bytes, its scale, its zero
        var sums = graph.Node("MatMulInteger", name, rounded[0], matrix.Transposed, rounded[2], matrix.Zero);
        var scale = graph.Node("Mul", $"{name}.scale", rounded[1], matrix.Scales);
        return graph.Node("Mul", name, graph.Node("Cast", name, [sums], new("to", (long)OnnxElement.Float)), scale);
    }

    /// <summary>Rows of a matrix in bytes, as numbers.</summary>
    /// <param name="graph">Where to.</param>
    /// <param name="name">Of the layer.</param>
    /// <param name="matrix">(V, D).</param>
    /// <param name="ids">Which, (...).</param>
    /// <returns>(..., D).</returns>
    public static string Rows(this IOnnxGraph graph, string name, ByteMatrix matrix, string ids)
    {
        var bytes = graph.Node("Cast", name, [graph.Gather(name, matrix.Rows, ids)], new("to", (long)OnnxElement.Float));
        var centred = graph.Node("Sub", name, bytes, graph.AddNumber($"{name}.zero", ByteMatrix.ZeroByte));
        return graph.Node("Mul", name, centred, graph.Gather(name, graph.Reshape(name, matrix.Scales, -1, 1), ids));
    }

    /// <summary>softmax(Q K / √Dh + bias) V of all heads.</summary>
    /// <param name="graph">Where to.</param>
    /// <param name="name">Of the layer.</param>
    /// <param name="queries">(B, H, N, Dh).</param>
    /// <param name="keys">(B, H, Dh, M).</param>
    /// <param name="values">(B, H, M, Dh).</param>
    /// <param name="size">Dh.</param>
    /// <param name="bias">What is added to the scores, a shape that goes with (B, H, N, M); null for nothing.</param>
    /// <returns>(B, N, H Dh).</returns>
    public static string Attention(this IOnnxGraph graph, string name, string queries, string keys, string values, long size, string? bias)
    {
        var scaled = graph.Node("Mul", name, queries, graph.AddNumber($"{name}.scale", (float)(1 / Math.Sqrt(size))));
        var scores = graph.Node("MatMul", name, scaled, keys);
        if (bias is not null) scores = graph.Node("Add", name, scores, bias);
        var weights = graph.Node("Softmax", name, [scores], new("axis", LastAxis));
        var gathered = graph.Node("MatMul", name, weights, values); // (B, H, N, Dh)
        return graph.Reshape(name, graph.Transpose(name, gathered, 0, 2, 1, 3), 0, 0, -1);
    }

    /// <summary>(B, N, H Dh) as (B, H, N, Dh).</summary>
    public static string Heads(this IOnnxGraph graph, string name, string x, long heads, long size)
        => graph.Transpose(name, graph.Reshape(name, x, 0, -1, heads, size), 0, 2, 1, 3);

    /// <summary>(B, N, H Dh) as (B, H, Dh, N): keys, ready for the product with queries.</summary>
    public static string Keys(this IOnnxGraph graph, string name, string x, long heads, long size)
        => graph.Transpose(name, graph.Reshape(name, x, 0, -1, heads, size), 0, 2, 3, 1);

    /// <summary>The nearest multiple of 2^-l, ties to even: the grid on which a reversible stack's states live.</summary>
    public static string Round(this IOnnxGraph graph, string name, string x, int fractionBits)
    {
        var steps = graph.Node("Mul", name, x, graph.AddNumber($"{name}.steps", MathF.ScaleB(1, fractionBits)));
        return graph.Node("Mul", name, graph.Node("Round", name, steps), graph.AddNumber($"{name}.step", MathF.ScaleB(1, -fractionBits)));
    }
}
