using Bdia.Core.Numerics;
using Bdia.Core.Reversible;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Layers;

/// <summary>
/// One branch of a pre-norm block on the CPU, r(z) of LayerNorm(z), with a backward pass written down: it keeps less than a graph of single
/// operations would, lets go of each tensor as soon as it is used, and computes anew what is cheaper to compute than to keep.
/// </summary>
/// <remarks>Tensors are (B N, features) inside. Products are in the number format of the precision, everything else in float32.</remarks>
internal abstract class Branch(LayerNorm norm, TransformerBlockOptions options, ResidualContext context) : IDisposable
{
    private readonly BranchMask _mask = new(options, context.Random);
    private readonly Workspace? _workspace = context.Workspace;
    private readonly List<Kept> _kept = [];
    private Kept? _input;

    /// <summary>The parameters, in the order of their gradients.</summary>
    public IEnumerable<Tensor> Parameters => [norm.Weight, norm.Bias, .. Layers.SelectMany(layer => new Tensor[] { layer.Weight, layer.Bias })];

    /// <summary>The dense layers, in the order of their gradients.</summary>
    protected abstract IReadOnlyList<Dense> Layers { get; }

    protected TransformerBlockOptions Options { get; } = options;

    protected ScalarType Type { get; } = options.Precision == ComputePrecision.BFloat16 && !context.InFloat32 ? ScalarType.BFloat16 : ScalarType.Float32;

    protected bool Keeps { get; private set; }

    /// <summary>r(z).</summary>
    /// <param name="z">(B, N, D), float32, contiguous; must not change until the backward pass is over.</param>
    /// <param name="keep">Whether <see cref="Backward"/> will be called.</param>
    /// <returns>Of the shape of z, float32, the caller's to write over.</returns>
    public Tensor Forward(Tensor z, bool keep)
    {
        using var scope = NewDisposeScope();
        Keeps = keep;
        _input = Keep(z.alias());
        var r = Evaluate(Normalised(z), z.shape).to(ScalarType.Float32).view(z.shape);
        _mask.Apply(r);
        return r.MoveToOuterDisposeScope();
    }

    /// <summary>Goes back, once.</summary>
    /// <param name="gradient">By r, (B, N, D), float32; left as it is.</param>
    /// <param name="sum">Gradients by z of other origin, or null.</param>
    /// <param name="gradients">Gets those of <see cref="Parameters"/>, float32.</param>
    /// <returns>The gradient by z plus the sum, written over the sum.</returns>
    public Tensor Backward(Tensor gradient, Tensor? sum, List<Tensor> gradients)
    {
        if (_input is null) throw new InvalidOperationException("This branch has gone back already; evaluate it anew.");
        using var scope = NewDisposeScope();
        var z = _input.Tensor;
        if (_mask.IsActive) _mask.Apply(gradient = gradient.clone());
        List<Tensor> ofLayers = [];
        var byNormalised = Differentiate(gradient.view(-1, gradient.shape[^1]).to(Type), z, ofLayers);
        var (byWeight, byBias) = (empty_like(norm.Weight), empty_like(norm.Bias));
        var byInput = sum ?? empty_like(z);
        LayerNormKernel.Backward(z, norm.Weight, LayerNorm.Epsilon, byNormalised, sum, byInput, byWeight, byBias);
        Free(byNormalised);
        foreach (var tensor in (Tensor[])[byWeight, byBias, .. ofLayers]) gradients.Add(tensor.MoveToOuterDisposeScope());
        Dispose();
        return sum ?? byInput.MoveToOuterDisposeScope();
    }

    /// <summary>Hands what is kept to the caller, who gives it back before <see cref="Backward"/>.</summary>
    public List<Tensor> HandOver() => [.. _kept.Select(kept => kept.Tensor)];

    /// <summary>Takes back what <see cref="HandOver"/> gave.</summary>
    public void TakeBack(IEnumerable<Tensor> tensors)
    {
        foreach (var (kept, tensor) in _kept.Zip(tensors)) kept.Tensor = tensor;
    }

    /// <summary>How many tensors are kept.</summary>
    public int KeptCount => _kept.Count;

    public void Dispose()
    {
        foreach (var kept in _kept) kept.Tensor.Dispose(); // those that were released are disposed already
        _kept.Clear();
        _input = null;
    }

    /// <summary>r before its mask, (B N, D), of LayerNorm(z).</summary>
    protected abstract Tensor Evaluate(Tensor normalised, long[] shape);

    /// <summary>The gradient by LayerNorm(z), of the gradient by r; adds those of the layers.</summary>
    protected abstract Tensor Differentiate(Tensor gradient, Tensor z, List<Tensor> gradients);

    /// <summary>LayerNorm(z) in the number format of the products.</summary>
    protected Tensor Normalised(Tensor z)
    {
        var normalised = New(Type, z.numel() / z.shape[^1], z.shape[^1]);
        LayerNormKernel.Forward(z, norm.Weight, norm.Bias, LayerNorm.Epsilon, normalised);
        return normalised;
    }

    /// <summary>Memory for a result, to be given to <see cref="Free"/>.</summary>
    protected Tensor New(ScalarType type, long rows, long columns) => _workspace is { } space ? space.Rent(type, rows, columns) : empty([rows, columns], type);

    /// <summary>Lets go of what <see cref="New"/> gave.</summary>
    protected void Free(Tensor tensor)
    {
        if (_workspace is { } space) space.Return(tensor);
        else tensor.Dispose();
    }

    /// <summary>The tensor in float32: itself, or a copy.</summary>
    protected Tensor InFloat32(Tensor tensor, bool giveBack) => In(ScalarType.Float32, tensor, giveBack);

    /// <summary>The tensor in a number format: itself, or a copy to be given to <see cref="Free"/>.</summary>
    protected Tensor In(ScalarType type, Tensor tensor, bool giveBack)
    {
        if (tensor.dtype == type) return tensor;
        var copy = New(type, tensor.shape[0], tensor.shape[1]);
        copy.copy_(tensor);
        if (giveBack) Free(tensor);
        return copy;
    }

    /// <summary>Holds a tensor beyond the current scope, if there is to be a backward pass.</summary>
    protected Kept Keep(Tensor tensor)
    {
        var kept = new Kept(tensor);
        if (!Keeps) return kept;
        tensor.DetachFromDisposeScope();
        _kept.Add(kept);
        return kept;
    }

    /// <summary>Lets go of a kept tensor before the backward pass is over.</summary>
    protected void Release(Kept kept)
    {
        if (Keeps && _workspace is null)
        {
            kept.Tensor.Dispose();
            return;
        }

        if (Keeps) _kept.Remove(kept);
        Free(kept.Tensor);
    }

    /// <summary>A tensor that waits for the backward pass; somebody else may hold it meanwhile.</summary>
    protected sealed class Kept(Tensor tensor)
    {
        public Tensor Tensor { get; set; } = tensor;
    }

    /// <summary>x Wᵀ + b.</summary>
    protected Tensor Product(Dense layer, Tensor x)
    {
        using var scope = NewDisposeScope();
        var y = New(Type, x.shape[0], layer.Bias.shape[0]);
        y.copy_(layer.Bias);
        y.addmm_(x, layer.Weight.to(Type).t());
        return _workspace is null ? y.MoveToOuterDisposeScope() : y;
    }

    /// <summary>x Wᵀ + b, in the current scope: what leaves the branch.</summary>
    protected Tensor Result(Dense layer, Tensor x) => Dense.Product(x, layer.Weight, layer.Bias, Type == ScalarType.BFloat16 ? ComputePrecision.BFloat16 : ComputePrecision.Float32);

    /// <summary>gᵀ x, the gradient by a layer's weight.</summary>
    protected static Tensor ByWeight(Tensor gradient, Tensor x) => gradient.t().mm(x).to(ScalarType.Float32);

    /// <summary>Σ g, the gradient by a layer's bias.</summary>
    protected static Tensor ByBias(Tensor gradient)
    {
        var sums = empty([gradient.shape[1]], ScalarType.Float32);
        ColumnSums.Of(gradient, sums);
        return sums;
    }

    /// <summary>g W, the gradient by a layer's input.</summary>
    protected Tensor ByInput(Dense layer, Tensor gradient)
    {
        using var scope = NewDisposeScope();
        var y = New(Type, gradient.shape[0], layer.Weight.shape[1]);
        y.addmm_(gradient, layer.Weight.to(Type), beta: 0);
        return _workspace is null ? y.MoveToOuterDisposeScope() : y;
    }
}
