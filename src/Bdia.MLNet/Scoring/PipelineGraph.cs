using Bdia.Core.Onnx;
using Bdia.MLNet.Internals;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.MLNet.Scoring;

/// <summary>The graph of a pipeline, for whoever adds a network to it.</summary>
internal sealed class PipelineGraph(OnnxPipeline pipeline) : IOnnxGraph
{
    public int Opset => OnnxPipeline.Opset;

    public OnnxWeights Weights => OnnxWeights.Float32;

    public IReadOnlyList<string> AddNode(
        string op, string name, IReadOnlyList<string> inputs, int outputs, params OnnxAttribute[] attributes)
        => pipeline.AddNode(op, name, inputs, outputs, attributes.Select(attribute => (attribute.Name, attribute.Value)));

    public string AddIntegers(string name, IReadOnlyList<long> values, bool scalar = false)
        => scalar ? pipeline.AddInteger(name, values[0]) : pipeline.AddIntegers(name, values);

    public string AddNumber(string name, float value) => pipeline.AddNumber(name, value);

    public string AddTensor(string name, Tensor tensor)
    {
        if (tensor.dtype != ScalarType.Float32)
            throw new NotSupportedException($"Tensor '{name}' has element type {tensor.dtype}; give Float32.");
        using var scope = NewDisposeScope();
        return pipeline.AddNumbers(name, tensor.detach().cpu().contiguous().data<float>().ToArray(), tensor.shape);
    }
}
