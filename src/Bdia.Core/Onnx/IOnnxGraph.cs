using static TorchSharp.torch;

namespace Bdia.Core.Onnx;

/// <summary>
/// A graph of ONNX's operators that is being put together: one of a file of ours, or a part of somebody else's. Values are known by their
/// names, which the graph gives.
/// </summary>
public interface IOnnxGraph
{
    /// <summary>Version of the operators.</summary>
    int Opset { get; }

    /// <summary>How matrices are held.</summary>
    OnnxWeights Weights { get; }

    /// <summary>Adds a node.</summary>
    /// <param name="op">The operator.</param>
    /// <param name="name">What it stands for; the graph makes names unique.</param>
    /// <param name="inputs">Names of values.</param>
    /// <param name="outputs">How many values it gives.</param>
    /// <param name="attributes">Its settings.</param>
    /// <returns>Names of what it gives.</returns>
    IReadOnlyList<string> AddNode(string op, string name, IReadOnlyList<string> inputs, int outputs, params OnnxAttribute[] attributes);

    /// <summary>Adds whole numbers.</summary>
    /// <param name="name">What they stand for.</param>
    /// <param name="values">One dimension, or none where <paramref name="scalar"/>.</param>
    /// <param name="scalar">Whether it is a single number without dimensions.</param>
    string AddIntegers(string name, IReadOnlyList<long> values, bool scalar = false);

    /// <summary>Adds a number, without dimensions.</summary>
    string AddNumber(string name, float value);

    /// <summary>Adds a tensor of float32 or uint8. It is read when the graph is written, and must not change until then.</summary>
    string AddTensor(string name, Tensor tensor);
}
