using Bdia.Core.Layers;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Blocks;

/// <summary>
/// One branch of a pre-norm block on the CPU, r(z) of LayerNorm(z), scaled where the block is, with a backward pass written down: it keeps
/// less than a graph of single
/// operations would, gives each tensor back as soon as it is used, and computes anew what is cheaper to compute than to keep.
/// </summary>
/// <remarks>
/// Tensors inside are (tokens, features) and rented. Products are in the number format of the precision, everything else in float32.
/// </remarks>
internal abstract class Branch(SublayerFrame frame, TransformerBlockOptions options, ResidualContext context, Workspace workspace)
{
    private readonly LayerNorm norm = frame.Norm;
    private readonly DenseCore dense = new(workspace, TypeOf(options, context));
    private readonly BranchMask mask = new(options, context.Random);
    private readonly List<Kept> kept = [];
    private Kept? input;

    /// <summary>What gradients are made by: the parameters, and further inputs.</summary>
    public virtual IEnumerable<Tensor> Leaves
        => ((Tensor?[])[norm.Weight, norm.Bias, .. Layers.SelectMany(layer => new[] { layer.Weight, layer.Bias }), frame.Scale?.Gamma])
            .OfType<Tensor>();

    /// <summary>What waits for the backward pass, z first. Somebody else may hold it meanwhile.</summary>
    public IReadOnlyList<Kept> KeptTensors => kept;

    /// <summary>z, from <see cref="Forward"/> with keep to the end.</summary>
    public Tensor Input => input!.Tensor;

    protected abstract IReadOnlyList<Dense> Layers { get; }

    protected TransformerBlockOptions Options { get; } = options;

    protected Workspace Workspace { get; } = workspace;

    protected ScalarType Type { get; } = TypeOf(options, context);

    protected bool Keeps { get; private set; }

    /// <summary>r(z).</summary>
    /// <param name="z">(B, N, D), float32, contiguous; must not change until the backward pass is over.</param>
    /// <param name="keep">Whether <see cref="Backward"/> will be called.</param>
    /// <returns>(B, N, D), or (B, n, D) where the first n tokens alone are wanted; float32, rented.</returns>
    public Tensor Forward(Tensor z, bool keep)
    {
        using var scope = NewDisposeScope();
        Keeps = keep;
        input = Keep(z);
        var r = Evaluate(z);
        mask.Apply(r);
        return r;
    }

    /// <summary>Goes back, once.</summary>
    /// <param name="gradient">By r, of its shape, float32; is left as it is.</param>
    /// <param name="sum">Gradients by z of other origin, or null.</param>
    /// <param name="sums">Where the gradients by <see cref="Leaves"/> are added.</param>
    /// <returns>The gradient by z plus the sum, written over the sum where there is one, else rented.</returns>
    public Tensor Backward(Tensor gradient, Tensor? sum, IGradientSums sums)
    {
        using var scope = NewDisposeScope();
        var z = Input;
        var masked = mask.IsActive ? Workspace.Copy(gradient) : gradient;
        mask.Apply(masked);
        var outer = Type == ScalarType.Float32 ? masked : Workspace.Rent(Type, masked.shape).copy_(masked);
        if (mask.IsActive && !ReferenceEquals(outer, masked)) Workspace.Return(masked);
        var byNormalised = Differentiate(outer.view(-1, Options.Width), z, sums);
        if (!ReferenceEquals(outer, gradient)) Workspace.Return(outer);

        Tensor byWeight = empty_like(norm.Weight), byBias = empty_like(norm.Bias);
        var inPlace = sum is null && Type == ScalarType.Float32;
        if (inPlace) byNormalised = Workspace.Shaped(byNormalised, z.shape);
        var byInput = inPlace ? byNormalised : sum ?? Workspace.Rent(ScalarType.Float32, z.shape);
        LayerNormalization.Backward(z, norm.Weight, norm.Added, byNormalised, sum, byInput, byWeight, byBias);
        if (!inPlace) Workspace.Return(byNormalised);
        sums.SumFor(norm.Weight)?.PlusInPlace(byWeight);
        sums.SumFor(norm.Bias)?.PlusInPlace(byBias);
        return byInput;
    }

    /// <summary>r before its mask.</summary>
    protected abstract Tensor Evaluate(Tensor z);

    /// <summary>The gradient by LayerNorm(z), rented, of the gradient by r; adds those of the layers.</summary>
    protected abstract Tensor Differentiate(Tensor gradient, Tensor z, IGradientSums sums);

    /// <summary>LayerNorm(z) in the number format of the products.</summary>
    protected Tensor Normalised(Tensor z)
    {
        var normalised = Workspace.Rent(Type, z.numel() / Options.Width, Options.Width);
        LayerNormalization.Forward(z, norm.Weight, norm.Bias, norm.Added, normalised);
        return normalised;
    }

    /// <summary>Holds a tensor for the backward pass, if there is to be one.</summary>
    protected Kept Keep(Tensor tensor)
    {
        var kept = new Kept(tensor);
        if (Keeps) this.kept.Add(kept);
        return kept;
    }

    /// <summary>Gives back what need not be kept.</summary>
    protected void ReturnUnlessKept(Tensor? tensor)
    {
        if (!Keeps) Workspace.Return(tensor);
    }

    /// <summary>x Wᵀ + b, rented.</summary>
    protected Tensor Product(DensePart layer, Tensor x)
    {
        using var scope = NewDisposeScope();
        return dense.Forward(x, layer.Weight, layer.Bias);
    }

    /// <summary>x Wᵀ + b in float32, scaled, and of a shape: what leaves the branch.</summary>
    protected Tensor Result(Dense layer, Tensor x, long[] shape)
    {
        var y = Product(layer, x);
        var result = y;
        if (Type == ScalarType.Float32)
        {
            result = Workspace.Shaped(y, shape);
        }
        else
        {
            result = Workspace.Rent(ScalarType.Float32, shape);
            using (var shaped = y.view(shape)) result.copy_(shaped);
            Workspace.Return(y);
        }

        if (frame.Scale is { } scale) result.mul_(scale.Gamma);
        return result;
    }

    /// <summary>Adds gᵀ x, the gradient by a layer's weight, and Σ g, that by its bias.</summary>
    protected void AddGradients(IGradientSums sums, DensePart layer, Tensor gradient, Tensor x, bool withBias = true)
    {
        using var scope = NewDisposeScope();
        if (sums.SumFor(layer.Layer.Weight) is { } weight) dense.AddByWeight(layer.Slice(weight), gradient, x);
        if (withBias && layer.Layer.Bias is { } own && sums.SumFor(own) is { } bias) layer.Slice(bias)
            .PlusInPlace(gradient.sum([0L], type: ScalarType.Float32));
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
        Tensor byWeight = zeros_like(layer.Weight), byBias = gradient.sum([0L], type: ScalarType.Float32);
        dense.AddByWeight(byWeight, gradient, x);
        sums.SumFor(scale.Gamma)?.PlusInPlace(byWeight.mul(layer.Weight).sum(1)).PlusInPlace(byBias.mul(layer.Bias!));
        sums.SumFor(layer.Weight)?.PlusInPlace(byWeight.mul_(scale.Gamma.unsqueeze(1)));
        sums.SumFor(layer.Bias!)?.PlusInPlace(byBias.mul_(scale.Gamma));
    }

    /// <summary>The gradient by the x of <see cref="Result"/>, rented.</summary>
    protected Tensor ByResultInput(Dense layer, Tensor gradient)
    {
        if (frame.Scale is not { } scale) return ByInput(layer, gradient);
        var scaled = Workspace.Rent(Type, gradient.shape).copy_(gradient).mul_(scale.Gamma);
        var byInput = ByInput(layer, scaled);
        Workspace.Return(scaled);
        return byInput;
    }

    /// <summary>g W, the gradient by a layer's input, rented.</summary>
    protected Tensor ByInput(DensePart layer, Tensor gradient)
    {
        using var scope = NewDisposeScope();
        return dense.ByInput(gradient, layer.Weight);
    }

    private static ScalarType TypeOf(TransformerBlockOptions options, ResidualContext context)
        => options.Precision == ComputePrecision.BFloat16 && !context.InFloat32 ? ScalarType.BFloat16 : ScalarType.Float32;

    /// <summary>A tensor that waits for the backward pass.</summary>
    internal sealed class Kept(Tensor tensor)
    {
        public Tensor Tensor { get; set; } = tensor;
    }
}
