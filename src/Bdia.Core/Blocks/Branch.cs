using Bdia.Core.Layers;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Simd;
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
internal abstract partial class Branch(SublayerFrame frame, TransformerBlockOptions options, ResidualContext context, Workspace workspace)
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

    /// <summary>Where operations on rows are added; set by whoever evaluates the branch, before anything else.</summary>
    public RowChain Chain { get; set; } = null!;

    /// <summary>Number format of the products.</summary>
    public ScalarType Type { get; } = TypeOf(options, context);

    protected TransformerBlockOptions Options { get; } = options;

    protected Workspace Workspace { get; } = workspace;

    protected bool Keeps { get; private set; }

    /// <summary>r(z); where the chain is open, there as soon as it has run.</summary>
    /// <param name="z">(B, N, D), float32, contiguous; must not change until the backward pass is over.</param>
    /// <param name="keep">Whether <see cref="Backward"/> will be called.</param>
    /// <returns>(B, N, D), or (B, n, D) where the first n tokens alone are wanted; float32, rented.</returns>
    public Tensor Forward(Tensor z, bool keep)
    {
        using var scope = NewDisposeScope();
        Keeps = keep;
        input = Keep(z);
        var r = Evaluate(z);
        mask.Apply(Chain, r);
        return r;
    }

    /// <summary>r before its mask.</summary>
    protected abstract Tensor Evaluate(Tensor z);

    /// <summary>
    /// The gradient by what a layer makes of LayerNorm(z), rented, of the gradient by r; adds those of the layers. What it added to the
    /// chain has run.
    /// </summary>
    protected abstract Inner Differentiate(Tensor gradient, Tensor z, IGradientSums sums);

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
        if (!Keeps) Chain.Return(tensor);
    }

    /// <summary>LayerNorm(z) Wᵀ + b, rented; a stage where the chain is open.</summary>
    protected Tensor NormalisedProduct(DensePart layer, Tensor z)
    {
        using var scope = NewDisposeScope();
        if (Chain.IsOpen) return Product(layer, LayerNormalization.Rows(z, norm.Weight, norm.Bias, norm.Added, Type), z);
        var normalised = Normalised(z);
        return Returned(normalised, Product(layer, normalised));
    }

    /// <summary>x Wᵀ + b, rented, as a stage of the chain, which is open.</summary>
    /// <param name="like">(B, tokens, D), as many rows as x has.</param>
    protected Tensor Product(DensePart layer, RowSource x, Tensor like)
        => dense.Forward(Chain, like.shape[1], like.shape[0] * like.shape[1], x, layer.Weight, layer.Bias, Type);

    /// <summary>x Wᵀ + b, rented.</summary>
    protected Tensor Product(DensePart layer, Tensor x)
    {
        using var scope = NewDisposeScope();
        return dense.Forward(x, layer.Weight, layer.Bias);
    }

    /// <summary>x Wᵀ + b in float32, scaled, and of a shape: what leaves the branch.</summary>
    protected Tensor Result(Dense layer, Tensor x, long[] shape)
    {
        using var scope = NewDisposeScope();
        var y = Chain.IsOpen
            ? dense.Forward(Chain, shape[1], x.shape[0], DenseCore.Of(x), layer.Weight, layer.Bias, ScalarType.Float32)
            : Product(layer, x);
        var result = y;
        if (y.dtype == ScalarType.Float32)
        {
            result = Workspace.Shaped(y, shape);
        }
        else
        {
            result = Workspace.Rent(ScalarType.Float32, shape);
            using (var shaped = y.view(shape)) result.copy_(shaped);
            Workspace.Return(y);
        }

        if (frame.Scale is not { } scale) return result;
        Chain.Run();
        return result.mul_(scale.Gamma);
    }

    // The gradient by r, in the number format of products, as a stage of the chain.
    private unsafe Tensor OuterOfRows(Tensor gradient, Tensor? sum, bool isLast)
    {
        if (sum is null && !mask.IsActive && Type == ScalarType.Float32) return gradient;
        var outer = isLast && Type == ScalarType.Float32 ? gradient : Workspace.Rent(Type, gradient.shape);
        float* from = TensorMemory.Pointer<float>(gradient), added = sum is null ? null : TensorMemory.Pointer<float>(sum);
        var to = TensorMemory.Address(outer);
        var size = gradient.numel() / gradient.shape[0];
        Chain.Add(stretch =>
        {
            var (first, count) = stretch.Rows(size);
            var own = Type == ScalarType.Float32 ? (float*)to + first : ThreadScratch.Take(ThreadScratch.Purpose.Product, count);
            if (added != null) SimdVectors.Add(from + first, added + first, own, count);
            else Buffer.MemoryCopy(from + first, own, (long)count * sizeof(float), (long)count * sizeof(float));
            if (mask.IsActive) mask.Apply(own, stretch, size);
            if (Type != ScalarType.Float32) SimdVectors.ToBFloat16(own, (ushort*)to + first, count);
        });
        return outer;
    }

    private Tensor Returned(Tensor used, Tensor made)
    {
        Workspace.Return(used);
        return made;
    }

    private static ScalarType TypeOf(TransformerBlockOptions options, ResidualContext context)
        => options.Precision == ComputePrecision.BFloat16 && !context.InFloat32 ? ScalarType.BFloat16 : ScalarType.Float32;

    /// <summary>A gradient on its way to LayerNorm(z).</summary>
    /// <param name="Gradient">By LayerNorm(z), or by what the layer makes of it; rented.</param>
    /// <param name="Layer">The layer that is still to be gone back through; null for none.</param>
    internal readonly record struct Inner(Tensor Gradient, DensePart? Layer = null);

    /// <summary>A tensor that waits for the backward pass.</summary>
    internal sealed class Kept(Tensor tensor)
    {
        public Tensor Tensor { get; set; } = tensor;
    }
}
