using Bdia.Core.Operations;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bdia.Core.Layers;

/// <summary>
/// Layer normalisation over the last dimension, in float32. State: weight (width), initially 1, and bias (width), initially 0.
/// </summary>
public sealed class LayerNorm : nn.Module<Tensor, Tensor>
{
    /// <summary>Added to the variance; the value that vision transformers are trained with.</summary>
    public const double Epsilon = 1e-6;

    private readonly Parameter weight; // (D)
    private readonly Parameter bias; // (D)

    /// <summary>Creates the layer, with <see cref="Epsilon"/>.</summary>
    /// <param name="width">Size of the last dimension, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">width is below 1.</exception>
    public LayerNorm(int width) : this(width, Epsilon)
    {
    }

    /// <summary>Creates the layer, with another number added to the variance: weights are only right with their own.</summary>
    internal LayerNorm(int width, double added) : base(nameof(LayerNorm))
    {
        Added = added;
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        weight = Initial.Constant(1, width);
        bias = Initial.Constant(0, width);
        RegisterComponents();
    }

    /// <summary>Added to the variance.</summary>
    internal double Added { get; }

    internal Tensor Weight => weight;

    internal Tensor Bias => bias;

    /// <summary>Normalises each vector to mean 0 and variance 1, then scales and shifts it.</summary>
    /// <param name="input">(..., width), float32.</param>
    /// <returns>Of the same shape, float32.</returns>
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return LayerNormalization.InGraph(input, weight, bias, Added);
    }
}
