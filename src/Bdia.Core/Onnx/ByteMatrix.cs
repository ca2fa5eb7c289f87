using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Bdia.Core.Onnx;

/// <summary>
/// A matrix W (outputs, inputs) in bytes, w = (byte - zero) scale with a scale for each output, as values of a graph: those that are asked
/// for.
/// </summary>
internal sealed class ByteMatrix
{
    /// <summary>
    /// The byte that stands for 0. Bytes are unsigned, because sums of pairs of products of signed bytes with unsigned ones overflow the
    /// 16 bits in which processors without VNNI gather them: silently other numbers.
    /// </summary>
    public const int ZeroByte = 128;

    private const int Most = 127;

    private readonly IOnnxGraph graph;
    private readonly string name;
    private readonly Tensor bytes;
    private readonly Tensor factors;
    private string? rows, transposed, zero, scales;

    /// <param name="graph">Where to.</param>
    /// <param name="name">Of the matrix.</param>
    /// <param name="matrix">(outputs, inputs).</param>
    public ByteMatrix(IOnnxGraph graph, string name, Tensor matrix)
    {
        (this.graph, this.name) = (graph, name);
        using var elements = matrix.detach().cpu().contiguous();
        var (outputs, inputs) = ((int)matrix.shape[0], (int)matrix.shape[1]);
        var values = MemoryMarshal.Cast<byte, float>(elements.bytes);
        var (rounded, largest) = (new byte[values.Length], new float[outputs]);
        for (var row = 0; row < outputs; row++)
        {
            var weights = values.Slice(row * inputs, inputs);
            foreach (var weight in weights) largest[row] = MathF.Max(largest[row], MathF.Abs(weight));
            largest[row] = largest[row] == 0 ? 1 : largest[row] / Most;
            for (var i = 0; i < inputs; i++) rounded[row * inputs + i] = (byte)(MathF.Round(weights[i] / largest[row]) + ZeroByte);
        }

        (bytes, factors) = (tensor(rounded, [outputs, inputs]), tensor(largest));
    }

    /// <summary>(outputs, inputs).</summary>
    public string Rows => rows ??= graph.AddTensor(name, bytes);

    /// <summary>(inputs, outputs). Of a matrix whose rows are asked for as well it is made of them, so that the file has one of
    /// them.</summary>
    public string Transposed => transposed ??= rows is null ? graph.AddTensor(name, bytes.t()) : graph.Transpose(name, rows, 1, 0);

    /// <summary>The byte that stands for 0, as a value.</summary>
    public string Zero => zero ??= graph.AddTensor($"{name}.zero", tensor(new byte[] { ZeroByte }));

    /// <summary>(outputs).</summary>
    public string Scales => scales ??= graph.AddTensor($"{name}.scales", factors);
}
