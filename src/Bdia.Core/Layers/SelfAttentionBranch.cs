using Bdia.Core.Numerics;
using Bdia.Core.Reversible;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Layers;

/// <summary><see cref="SelfAttention"/> behind a norm, as a branch of a block.</summary>
/// <param name="mask">Which tokens may be attended to, (B, N); null for all.</param>
/// <param name="causal">Whether a token sees none behind it.</param>
internal sealed unsafe class SelfAttentionBranch(
    LayerNorm norm, SelfAttention attention, Tensor? mask, bool causal, TransformerBlockOptions options, ResidualContext context) : Branch(norm, options, context)
{
    private Kept? _qkv, _gathered, _logSumExp, _mask;

    protected override IReadOnlyList<Dense> Layers => [attention.QueryKeyValue, attention.Projection];

    protected override Tensor Evaluate(Tensor normalised, long[] shape)
    {
        _mask = mask is null ? null : Keep(mask.contiguous());
        _qkv = Keep(Product(attention.QueryKeyValue, normalised)); // (B N, 3 D)
        Free(normalised);
        var gathered = New(ScalarType.Float32, _qkv.Tensor.shape[0], Options.Width); // (B N, D)
        _logSumExp = Keep(empty([shape[0], Options.Heads, shape[1]], ScalarType.Float32));
        var qkv = InFloat32(_qkv.Tensor, giveBack: false);
        var parts = new Parts(this, qkv, shape);
        AttentionKernel.Forward(parts.Shape, parts.Query, parts.Key, parts.Value, parts.Rows(gathered, 0), TensorMemory.Pointer<float>(_logSumExp.Tensor), parts.Mask);
        if (!ReferenceEquals(qkv, _qkv.Tensor)) Free(qkv);
        if (!Keeps) Release(_qkv);
        _gathered = Keep(In(Type, gathered, giveBack: true));
        var r = Result(attention.Projection, _gathered.Tensor);
        if (!Keeps) Release(_gathered);
        return r;
    }

    protected override Tensor Differentiate(Tensor gradient, Tensor z, List<Tensor> gradients)
    {
        var (projectionWeight, projectionBias) = (ByWeight(gradient, _gathered!.Tensor), ByBias(gradient));
        var inner = InFloat32(ByInput(attention.Projection, gradient), giveBack: true); // by what was gathered
        var byQkv = New(ScalarType.Float32, _qkv!.Tensor.shape[0], _qkv.Tensor.shape[1]);
        Backward(inner, byQkv, z.shape);
        Free(inner);
        var products = In(Type, byQkv, giveBack: true);
        var normalised = Normalised(z);
        gradients.AddRange([ByWeight(products, normalised), ByBias(products), projectionWeight, projectionBias]);
        Free(normalised);
        var byNormalised = ByInput(attention.QueryKeyValue, products);
        Free(products);
        return byNormalised;
    }

    private void Backward(Tensor gradient, Tensor byQkv, long[] shape)
    {
        var qkv = InFloat32(_qkv!.Tensor, giveBack: false);
        var parts = new Parts(this, qkv, shape);
        var gathered = InFloat32(_gathered!.Tensor, giveBack: false);
        AttentionKernel.Backward(
            parts.Shape, parts.Query, parts.Key, parts.Value, parts.Rows(gathered, 0), TensorMemory.Pointer<float>(_logSumExp!.Tensor),
            parts.Rows(gradient, 0), parts.Rows(byQkv, 0), parts.Rows(byQkv, 1), parts.Rows(byQkv, 2), parts.Mask);
        if (!ReferenceEquals(qkv, _qkv.Tensor)) Free(qkv);
        if (!ReferenceEquals(gathered, _gathered.Tensor)) Free(gathered);
        Release(_qkv);
        Release(_gathered);
    }

    /// <summary>Query, key and value of each head in the rows of one product, as the kernel takes them.</summary>
    private sealed class Parts(SelfAttentionBranch branch, Tensor qkv, long[] shape)
    {
        public AttentionShape Shape { get; } = new((int)shape[0], branch.Options.Heads, (int)shape[1], (int)shape[1], (int)shape[2] / branch.Options.Heads, branch.Causal);

        public HeadRows Query => Rows(qkv, 0);

        public HeadRows Key => Rows(qkv, 1);

        public HeadRows Value => Rows(qkv, 2);

        public byte* Mask => branch._mask is { } mask ? TensorMemory.Pointer<byte>(mask.Tensor) : null;

        /// <summary>Part of rows that are one or several times D wide.</summary>
        public HeadRows Rows(Tensor rows, int part)
        {
            var stride = rows.shape[1];
            return new((nint)(TensorMemory.Pointer<float>(rows) + part * shape[2]), IsBFloat16: false, shape[1] * stride, stride, Shape.Size);
        }
    }

    private bool Causal => causal;
}
