using Bdia.Core.Layers;
using Bdia.Core.Operations;
using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Blocks;

/// <summary>
/// The layer normalisation of queries or of keys, of each head by itself (Dehghani et al., "Scaling Vision Transformers to 22 Billion
/// Parameters", 2023), in the rows of a product, with a backward pass written down.
/// </summary>
/// <param name="norm">Over the features of a head.</param>
/// <param name="width">D, of all heads.</param>
/// <param name="workspace">For what it makes.</param>
internal sealed class HeadNorm(LayerNorm norm, long width, Workspace workspace)
{
    /// <summary>Normalises in place.</summary>
    /// <param name="rows">(tokens, one or several times D).</param>
    /// <param name="index">Which D of a row.</param>
    /// <returns>What they were, (tokens, D), float32, rented: the way back needs it.</returns>
    public Tensor Forward(Tensor rows, long index)
    {
        using var scope = NewDisposeScope();
        var part = rows.narrow(1, index * width, width);
        var before = workspace.Copy(part);
        var normalised = workspace.Rent(rows.dtype, before.shape);
        LayerNormalization.Forward(Heads(before), norm.Weight, norm.Bias, norm.Added, Heads(normalised));
        part.copy_(normalised);
        workspace.Return(normalised);
        return before;
    }

    /// <summary>Makes the gradient by what was normalised of that by what came of it, in place.</summary>
    /// <param name="rows">(tokens, one or several times D).</param>
    /// <param name="index">Which D of a row.</param>
    /// <param name="before">What <see cref="Forward"/> returned; given back.</param>
    /// <param name="sums">Where the gradients by the norm's weights are added.</param>
    public void Backward(Tensor rows, long index, Tensor before, IGradientSums sums)
    {
        using var scope = NewDisposeScope();
        var part = rows.narrow(1, index * width, width);
        var gradient = workspace.Copy(part);
        Tensor byWeight = empty_like(norm.Weight), byBias = empty_like(norm.Bias);
        LayerNormalization.Backward(Heads(before), norm.Weight, norm.Added, Heads(gradient), null, Heads(gradient), byWeight, byBias);
        part.copy_(gradient);
        workspace.Return(gradient);
        workspace.Return(before);
        sums.SumFor(norm.Weight)?.PlusInPlace(byWeight);
        sums.SumFor(norm.Bias)?.PlusInPlace(byBias);
    }

    private Tensor Heads(Tensor t) => t.view(-1, norm.Weight.shape[0]);
}
