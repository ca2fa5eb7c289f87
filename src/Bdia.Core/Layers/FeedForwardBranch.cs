using Bdia.Core.Reversible;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Layers;

/// <summary><see cref="FeedForward"/> behind a norm, as a branch of a block.</summary>
internal sealed class FeedForwardBranch(LayerNorm norm, FeedForward mlp, TransformerBlockOptions options, ResidualContext context) : Branch(norm, options, context)
{
    private Kept? _hidden; // before and
    private Kept? _active; // behind the activation

    protected override IReadOnlyList<Dense> Layers => [mlp.First, mlp.Second];

    protected override Tensor Evaluate(Tensor normalised, long[] shape)
    {
        _hidden = Keep(Product(mlp.First, normalised));
        Free(normalised);
        _active = Keep(New(Type, _hidden.Tensor.shape[0], _hidden.Tensor.shape[1]));
        GeluKernel.Forward(_hidden.Tensor, _active.Tensor);
        if (!Keeps) Release(_hidden);
        var r = Result(mlp.Second, _active.Tensor);
        if (!Keeps) Release(_active);
        return r;
    }

    protected override Tensor Differentiate(Tensor gradient, Tensor z, List<Tensor> gradients)
    {
        var (secondWeight, secondBias) = (ByWeight(gradient, _active!.Tensor), ByBias(gradient));
        Release(_active); // its memory is that of the next line
        var inner = ByInput(mlp.Second, gradient);
        var firstBias = empty_like(mlp.First.Bias);
        GeluKernel.Backward(_hidden!.Tensor, inner, firstBias);
        Release(_hidden);
        var normalised = Normalised(z);
        gradients.AddRange([ByWeight(inner, normalised), firstBias, secondWeight, secondBias]);
        Free(normalised);
        var byNormalised = ByInput(mlp.First, inner);
        Free(inner);
        return byNormalised;
    }
}
