using Bdia.Core.Operations;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Layers;

/// <summary>Two dense layers with the exact Gaussian error linear unit between them, for each token alone. State: fc1 and fc2.</summary>
public sealed class FeedForward : nn.Module<Tensor, Tensor>
{
    private readonly Dense fc1;
    private readonly Dense fc2;

    /// <summary>Creates the layer.</summary>
    /// <param name="width">D, at least 1.</param>
    /// <param name="hidden">Width between the two layers, at least 1.</param>
    /// <param name="generator">What the weights are drawn from, on the CPU.</param>
    /// <param name="precision">Of the products, and of what is between them.</param>
    /// <exception cref="ArgumentOutOfRangeException">width or hidden is below 1.</exception>
    public FeedForward(int width, int hidden, Generator generator, ComputePrecision precision = ComputePrecision.Float32)
        : this(width, hidden, generator, precision, WeightScheme.FanIn)
    {
    }

    internal FeedForward(int width, int hidden, Generator generator, ComputePrecision precision, WeightScheme scheme)
        : base(nameof(FeedForward))
    {
        fc1 = new Dense(width, hidden, generator, precision, scheme);
        fc2 = new Dense(hidden, width, generator, precision, scheme);
        RegisterComponents();
    }

    internal Dense First => fc1;

    internal Dense Second => fc2;

    /// <summary>Applies the layer.</summary>
    /// <param name="input">(..., D).</param>
    /// <returns>(..., D), in the number format of the precision.</returns>
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return Apply(input, inFloat32: false);
    }

    internal Tensor Apply(Tensor input, bool inFloat32)
    {
        using var scope = NewDisposeScope();
        using var hidden = fc1.Apply(input, inFloat32); // (..., hidden)
        var active = Gelu.Apply(hidden);
        hidden.Dispose(); // the widest tensors of a block: never two of them longer than needed
        return fc2.Apply(active, inFloat32).MoveToOuterDisposeScope(); // (..., D)
    }
}
