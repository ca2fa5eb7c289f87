using Bdia.Core.Layers;
using Bdia.Core.Operations;
using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Blocks;

/// <content>The backward pass, and the pieces of which those of the kinds of branches are made.</content>
internal abstract partial class Branch
{
    /// <summary>Goes back, once.</summary>
    /// <param name="gradient">By the residual, of the shape of r, float32.</param>
    /// <param name="sum">Gradients by what follows the branch, z + r, of other origin, or null.</param>
    /// <param name="sums">Where the gradients by <see cref="Leaves"/> are added.</param>
    /// <param name="isLast">Whether nobody reads the gradient any more, so that it may be written over.</param>
    /// <param name="tokens">N, where r is of the first tokens alone.</param>
    /// <returns>The gradient by z: of the branch, and the sum; written over the sum where there is one, else rented.</returns>
    public Tensor Backward(Tensor gradient, Tensor? sum, IGradientSums sums, bool isLast, long? tokens = null)
    {
        using var scope = NewDisposeScope();
        var z = Input;
        var outer = Chain.IsOpen ? OuterOfRows(gradient, sum, isLast) : Outer(gradient, sum, isLast);
        Chain.Run();
        if (sum is not null && tokens is { } all) sum = LeadingTokens.Expand(sum, all, Workspace);
        var inner = Differentiate(outer.view(-1, Options.Width), z, sums);
        if (!ReferenceEquals(outer, gradient)) Workspace.Return(outer);

        Tensor byWeight = empty_like(norm.Weight), byBias = empty_like(norm.Bias);
        var byInput = Chain.IsOpen && inner.Layer is { } layer
            ? ThroughNorm(z, inner.Gradient, layer, sum, byWeight, byBias)
            : ThroughNorm(z, inner.Layer is { } own ? Returned(inner.Gradient, ByInput(own, inner.Gradient)) : inner.Gradient, sum,
                byWeight, byBias);
        sums.SumFor(norm.Weight)?.PlusInPlace(byWeight);
        sums.SumFor(norm.Bias)?.PlusInPlace(byBias);
        return byInput;
    }

    /// <summary>Adds gᵀ x, the gradient by a layer's weight, and Σ g, that by its bias.</summary>
    protected void AddGradients(IGradientSums sums, DensePart layer, Tensor gradient, Tensor x, bool withBias = true)
    {
        using var scope = NewDisposeScope();
        if (sums.SumFor(layer.Layer.Weight) is { } weight) dense.AddByWeight(layer.Slice(weight), gradient, x);
        if (withBias && layer.Layer.Bias is { } own && sums.SumFor(own) is { } bias) ColumnSums.Add(gradient, layer.Slice(bias));
    }

    /// <summary>The gradients by what <see cref="Result"/> was made with, of that by the result.</summary>
    protected void AddResultGradients(IGradientSums sums, Dense layer, Tensor gradient, Tensor x)
    {
        if (frame.Scale is not { } scale)
        {
            AddGradients(sums, layer, gradient, x);
            return;
        }

        // r = s (W x + b): with G = gᵀ x and c = Σ g, they are s G, s c, and by s the sums over rows of G W, and c b. So W x + b need not
        // be kept, nor computed anew.
        using var scope = NewDisposeScope();
        Tensor byWeight = zeros_like(layer.Weight), byBias = zeros_like(layer.Bias!);
        ColumnSums.Add(gradient, byBias);
        dense.AddByWeight(byWeight, gradient, x);
        sums.SumFor(scale.Gamma)?.PlusInPlace(byWeight.mul(layer.Weight).sum(1)).PlusInPlace(byBias.mul(layer.Bias!));
        sums.SumFor(layer.Weight)?.PlusInPlace(byWeight.mul_(scale.Gamma.unsqueeze(1)));
        sums.SumFor(layer.Bias!)?.PlusInPlace(byBias.mul_(scale.Gamma));
    }

    /// <summary>The gradient by the x of <see cref="Result"/>, rented; a stage where the chain is open.</summary>
    protected Tensor ByResultInput(Dense layer, Tensor gradient)
    {
        var scaled = Scaled(gradient);
        var byInput = ByInput(layer, scaled);
        if (!ReferenceEquals(scaled, gradient)) Chain.Return(scaled);
        return byInput;
    }

    /// <summary>Makes the same, of products' number format, for a stage of the chain, which is open.</summary>
    protected RowSource ByResultRows(Dense layer, Tensor gradient)
    {
        var scaled = Scaled(gradient);
        if (!ReferenceEquals(scaled, gradient)) Chain.ReturnBehind(scaled);
        return dense.Rounded(ByInputRows(layer, scaled), (int)layer.Weight.shape[1]);
    }

    /// <summary>g W, the gradient by a layer's input, rented; a stage where the chain is open.</summary>
    protected Tensor ByInput(DensePart layer, Tensor gradient)
    {
        using var scope = NewDisposeScope();
        return Chain.IsOpen
            ? dense.ByInput(Chain, Input.shape[1], gradient.shape[0], DenseCore.Of(gradient), layer.Weight)
            : dense.ByInput(gradient, layer.Weight);
    }

    /// <summary>Makes g W in float32, for a stage of the chain, which is open.</summary>
    protected RowSource ByInputRows(DensePart layer, Tensor gradient)
    {
        using var scope = NewDisposeScope();
        return dense.ByInput(Chain, DenseCore.Of(gradient), layer.Weight);
    }

    /// <summary>
    /// Goes back through the projection behind attention, and through attention, whose gradients are written over query, key and value.
    /// What was gathered, and the sums, are given back.
    /// </summary>
    protected void AttendBackward(AttentionCore core, AttentionCore.Part query, AttentionCore.Part key, AttentionCore.Part value,
        Tensor gathered, Tensor logSumExp, Dense projection, Tensor gradient)
    {
        Tensor? byGathered = null;
        if (Chain.IsOpen)
        {
            core.Backward(Chain, query, key, value, gathered, logSumExp, ByResultRows(projection, gradient));
            Chain.Run();
        }
        else
        {
            byGathered = ByResultInput(projection, gradient);
            core.Backward(query, key, value, gathered, logSumExp, byGathered);
        }

        foreach (var used in (Tensor?[])[gathered, logSumExp, byGathered]) Workspace.Return(used);
    }

    private Tensor Scaled(Tensor gradient)
        => frame.Scale is { } scale ? Workspace.Rent(Type, gradient.shape).copy_(gradient).mul_(scale.Gamma) : gradient;

    // The gradient by r, in the number format of products.
    private Tensor Outer(Tensor gradient, Tensor? sum, bool isLast)
    {
        var own = isLast || (sum is null && !mask.IsActive) ? gradient : Workspace.Copy(gradient);
        if (sum is not null) own.PlusInPlace(sum);
        mask.Apply(own);
        if (Type == ScalarType.Float32) return own;
        var outer = Workspace.Rent(Type, own.shape).copy_(own);
        if (!ReferenceEquals(own, gradient)) Workspace.Return(own);
        return outer;
    }

    private Tensor ThroughNorm(Tensor z, Tensor byNormalised, Tensor? sum, Tensor byWeight, Tensor byBias)
    {
        var inPlace = sum is null && Type == ScalarType.Float32;
        if (inPlace) byNormalised = Workspace.Shaped(byNormalised, z.shape);
        var byInput = inPlace ? byNormalised : sum ?? Workspace.Rent(ScalarType.Float32, z.shape);
        LayerNormalization.Backward(z, norm.Weight, norm.Added, byNormalised, sum, byInput, byWeight, byBias);
        if (!inPlace) Workspace.Return(byNormalised);
        return byInput;
    }

    // Through a layer and the norm before it.
    private Tensor ThroughNorm(Tensor z, Tensor gradient, DensePart layer, Tensor? sum, Tensor byWeight, Tensor byBias)
    {
        var byInput = sum ?? Workspace.Rent(ScalarType.Float32, z.shape);
        LayerNormalization.Backward(Chain, z.shape[1], z, norm.Weight, norm.Added, ByInputRows(layer, gradient), sum, byInput, byWeight,
            byBias);
        Workspace.Return(gradient);
        return byInput;
    }
}
