using static TorchSharp.torch;

namespace Bdia.Core.Blocks;

/// <summary>Where a backward pass written down adds gradients.</summary>
internal interface IGradientSums
{
    /// <summary>The sum so far, to be added to in place; in the caller's dispose scope. Null where no gradient is wanted.</summary>
    /// <param name="leaf">A parameter or another input, float32.</param>
    Tensor? SumFor(Tensor leaf);
}

/// <summary>Sums in the leaves' grad, as autograd leaves them there.</summary>
internal sealed class LeafGradients : IGradientSums
{
    public static readonly LeafGradients Instance = new();

    public Tensor? SumFor(Tensor leaf)
    {
        if (!leaf.requires_grad) return null;
        if (leaf.grad is { } sum) return sum;
        using (var zeros = zeros_like(leaf, requires_grad: false).DetachFromDisposeScope()) leaf.grad = zeros;
        return leaf.grad;
    }
}

/// <summary>
/// Sums of one backward pass, for a node of the autograd graph to return. The leaves may be gone by then: only their sizes are asked for,
/// and at once.
/// </summary>
internal sealed class NodeGradients(IReadOnlyList<Tensor> leaves) : IGradientSums
{
    private readonly long[]?[] shapes = [.. leaves.Select(leaf => leaf.requires_grad ? leaf.shape : null)];
    private readonly Tensor?[] sums = new Tensor?[leaves.Count];

    /// <summary>In the order of the leaves; null where none is required.</summary>
    public IReadOnlyList<Tensor?> Sums => sums;

    public Tensor? SumFor(Tensor leaf)
    {
        var i = leaves.TakeWhile(other => !ReferenceEquals(other, leaf)).Count();
        return shapes[i] is { } shape ? sums[i] ??= zeros(shape, ScalarType.Float32, CPU).DetachFromDisposeScope() : null;
    }
}
