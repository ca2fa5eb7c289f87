using Bdia.Core.Operations;
using Bdia.Core.Tensors;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bdia.Core.Layers;

/// <summary>y = x Wᵀ + b. State: weight (outputs, inputs) and bias (outputs), which some layers of networks are without.</summary>
/// <remarks>
/// In place of TorchSharp's Linear, whose constructor draws from libtorch's global generator and which knows one precision only.
/// </remarks>
public sealed class Dense : nn.Module<Tensor, Tensor>
{
    private readonly Parameter weight; // (outputs, inputs)
    private readonly Parameter? bias; // (outputs)
    private readonly ComputePrecision precision;

    /// <summary>Creates a layer with normal weights of deviation 1 / √inputs, cut at two of them, and a bias of zero.</summary>
    /// <param name="inputs">Features that go in, at least 1.</param>
    /// <param name="outputs">Features that come out, at least 1.</param>
    /// <param name="generator">What the weights are drawn from, on the CPU.</param>
    /// <param name="precision">Of the product; in BFloat16 input, weight and bias are rounded to it.</param>
    /// <exception cref="ArgumentOutOfRangeException">inputs or outputs is below 1.</exception>
    public Dense(int inputs, int outputs, Generator generator, ComputePrecision precision = ComputePrecision.Float32)
        : this(inputs, outputs, generator, precision, WeightScheme.FanIn)
    {
    }

    /// <summary>Creates a layer with weights as the scheme says, for each of its parts, and a bias of zero.</summary>
    internal Dense(int inputs, int outputs, Generator generator, ComputePrecision precision, WeightScheme scheme, int parts = 1,
        bool hasBias = true)
        : base(nameof(Dense))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inputs, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(outputs, 1);
        ArgumentNullException.ThrowIfNull(generator);
        this.precision = precision;
        Parts = parts;
        weight = Initial.Weights(scheme, generator, inputs, outputs, parts);
        bias = hasBias ? Initial.Constant(0, outputs) : null;
        RegisterComponents();
    }

    /// <summary>Weights of a layer, its bias, where it has one, among them.</summary>
    internal static long WeightCount(long inputs, long outputs, bool hasBias = true)
        => checked(inputs * outputs + (hasBias ? outputs : 0));

    internal Tensor Weight => weight;

    /// <summary>Of the product.</summary>
    internal ComputePrecision Precision => precision;

    /// <summary>Maps of equal size that the layer computes in one product, one below the other in its weight.</summary>
    internal int Parts { get; }

    /// <summary>Null where the layer has none.</summary>
    internal Tensor? Bias => bias;

    /// <summary>Applies the layer.</summary>
    /// <param name="input">(..., inputs), any floating-point type.</param>
    /// <returns>(..., outputs), in the number format of the precision.</returns>
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return Apply(input, inFloat32: false);
    }

    /// <summary>Applies the layer, in float32 if asked to, whatever its own precision.</summary>
    internal Tensor Apply(Tensor input, bool inFloat32)
    {
        using var scope = NewDisposeScope();
        return DenseProduct.Apply(input, weight, bias, inFloat32 ? ComputePrecision.Float32 : precision).MoveToOuterDisposeScope();
    }
}
