using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Onnx;

/// <summary>A graph of a file of ours: collects nodes and constants, and writes them as a ModelProto.</summary>
/// <param name="name">Of the graph.</param>
/// <param name="options">Operators and weights.</param>
internal sealed class OnnxGraph(string name, OnnxOptions options) : IOnnxGraph
{
    /// <summary>A file of Protocol Buffers has at most so many bytes.</summary>
    public const long MostBytes = int.MaxValue;

    private const int CopyBufferBytes = 1 << 20;

    private readonly List<ProtoMessage> nodes = [], constants = [], inputs = [], outputs = [];
    private readonly SortedDictionary<string, string> metadata = new(options.Metadata.ToDictionary(), StringComparer.Ordinal);
    private readonly HashSet<string> names = [];
    private readonly Dictionary<string, string> numbers = []; // by their text: shapes and factors occur many times

    public int Opset => options.Opset;

    public OnnxWeights Weights => options.Weights;

    /// <summary>Declares an input.</summary>
    /// <param name="input">Its name.</param>
    /// <param name="type">Of its elements.</param>
    /// <param name="shape">Its dimensions: whole numbers, or names of those that vary.</param>
    /// <returns>The name.</returns>
    public string Input(string input, OnnxElement type, params object[] shape)
    {
        inputs.Add(Value(input, type, shape));
        return Unique(input);
    }

    /// <summary>Declares a value of the graph as an output.</summary>
    /// <param name="output">Its name there.</param>
    /// <param name="value">The value.</param>
    /// <param name="shape">As of an input.</param>
    public void Output(string output, string value, params object[] shape)
    {
        nodes.Add(new ProtoMessage().Add(1, value).Add(2, output).Add(3, output).Add(4, "Identity"));
        outputs.Add(Value(output, OnnxElement.Float, shape));
    }

    /// <summary>Says something of the model, for whoever looks.</summary>
    /// <exception cref="ArgumentException">The options say something else under that name.</exception>
    public void Tell(string key, string value)
    {
        if (!metadata.TryAdd(key, value))
            throw new ArgumentException($"Metadata has '{key}', which is written of itself; use another name. Nothing was written.");
    }

    public IReadOnlyList<string> AddNode(
        string op, string name, IReadOnlyList<string> inputs, int outputs, params OnnxAttribute[] attributes)
    {
        var node = new ProtoMessage();
        foreach (var input in inputs) node.Add(1, input);
        var results = Enumerable.Range(0, outputs).Select(_ => Unique($"{name}/{op}")).ToArray();
        foreach (var result in results) node.Add(2, result);
        node.Add(3, results[0]).Add(4, op);
        foreach (var attribute in attributes) node.Add(5, attribute.ToProto());
        nodes.Add(node);
        return results;
    }

    public string AddIntegers(string name, IReadOnlyList<long> values, bool scalar = false)
    {
        var bytes = MemoryMarshal.AsBytes<long>(values.ToArray()).ToArray();
        return Shared($"{(scalar ? "" : "[]")}{string.Join(',', values)}",
            () => AddLater(name, OnnxElement.Int64, scalar ? [] : [values.Count], bytes.Length, stream => stream.Write(bytes)));
    }

    public string AddNumber(string name, float value)
    {
        var bytes = BitConverter.GetBytes(value);
        return Shared($"{value:R}f", () => AddLater(name, OnnxElement.Float, [], bytes.Length, stream => stream.Write(bytes)));
    }

    public string AddTensor(string name, Tensor tensor)
    {
        var type = tensor.dtype switch
        {
            ScalarType.Float32 => OnnxElement.Float,
            ScalarType.Byte => OnnxElement.UInt8,
            _ => throw new NotSupportedException($"Tensor '{name}' has element type {tensor.dtype}; give Float32 or Byte."),
        };
        return AddLater(name, type, tensor.shape, tensor.numel() * tensor.element_size(), stream => Write(stream, tensor));
    }

    /// <summary>Adds a constant of which only the size is known yet.</summary>
    /// <param name="name">What it stands for.</param>
    /// <param name="type">Of its elements.</param>
    /// <param name="shape">Its dimensions.</param>
    /// <param name="bytes">Its size.</param>
    /// <param name="write">Writes its elements, little-endian, in order.</param>
    public string AddLater(string name, OnnxElement type, IReadOnlyList<long> shape, long bytes, Action<Stream> write)
    {
        var unique = Unique(name);
        var proto = new ProtoMessage();
        foreach (var size in shape) proto.Add(1, size);
        constants.Add(proto.Add(2, (long)type).Add(8, unique).Add(9, bytes, write));
        return unique;
    }

    /// <summary>Puts the model together.</summary>
    /// <returns>What writes it to a stream, which stays open.</returns>
    /// <exception cref="NotSupportedException">The model is larger than a file of this format may be.</exception>
    public Action<Stream> Prepare()
    {
        var graph = new ProtoMessage();
        foreach (var node in nodes) graph.Add(1, node);
        graph.Add(2, name);
        foreach (var constant in constants) graph.Add(5, constant);
        foreach (var input in inputs) graph.Add(11, input);
        foreach (var output in outputs) graph.Add(12, output);

        var model = new ProtoMessage().Add(1, IrVersion).Add(2, "Bdia.Core")
            .Add(3, typeof(OnnxGraph).Assembly.GetName().Version!.ToString(3)).Add(7, graph)
            .Add(8, new ProtoMessage().Add(1, "").Add(2, Opset));
        foreach (var (key, value) in metadata) model.Add(14, new ProtoMessage().Add(1, key).Add(2, value));
        if (model.Length > MostBytes)
            throw new NotSupportedException($"The model would have {model.Length} bytes as an ONNX file, which may have {MostBytes}: "
                + "use OnnxWeights.Int8, which takes a quarter, or save it with mlContext.Model.Save. Nothing was written.");
        return model.WriteTo;
    }

    // The version of the file format that came with the operators.
    private long IrVersion => Opset switch { < 15 => 7, < 19 => 8, < 21 => 9, < 23 => 10, _ => 11 };

    private static ProtoMessage Value(string name, OnnxElement type, object[] shape)
    {
        var dimensions = new ProtoMessage();
        foreach (var size in shape)
            dimensions.Add(1, size is string varies ? new ProtoMessage().Add(2, varies)
                : new ProtoMessage().Add(1, Convert.ToInt64(size, null)));
        var tensor = new ProtoMessage().Add(1, (long)type).Add(2, dimensions);
        return new ProtoMessage().Add(1, name).Add(2, new ProtoMessage().Add(1, tensor));
    }

    private static void Write(Stream stream, Tensor tensor)
    {
        if (tensor.numel() == 0) return;
        using var scope = NewDisposeScope();
        var elements = tensor.detach().cpu().contiguous();
        elements.WriteBytesToStream(stream, (int)Math.Min(CopyBufferBytes, elements.numel() * elements.element_size()));
    }

    private string Shared(string text, Func<string> add)
        => numbers.TryGetValue(text, out var known) ? known : numbers[text] = add();

    private string Unique(string wanted)
    {
        var name = wanted;
        for (var next = 2; !names.Add(name); next++) name = $"{wanted}_{next}";
        return name;
    }
}
