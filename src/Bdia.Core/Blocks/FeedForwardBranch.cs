using Bdia.Core.Layers;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Blocks;

/// <summary><see cref="FeedForward"/> behind a norm, as a branch of a block.</summary>
internal sealed class FeedForwardBranch(SublayerFrame frame, FeedForward mlp, TransformerBlockOptions options,
    ResidualContext context, Workspace workspace)
    : Branch(frame, options, context, workspace)
{
    private Kept? hidden; // before and
    private Kept? active; // behind the activation

    /// <summary>What is kept: before and behind the activation.</summary>
    public static BranchMemory Memory(BlockSizes sizes) => new(sizes.Wanted.FeedForward);

    protected override IReadOnlyList<Dense> Layers => [mlp.First, mlp.Second];

    protected override Tensor Evaluate(Tensor z)
    {
        var hidden = NormalisedProduct(mlp.First, z);
        this.hidden = Keep(hidden);
        active = Keep(Keeps ? Workspace.Rent(Type, hidden.shape) : hidden);
        Gelu.Forward(Chain, z.shape[1], hidden, active.Tensor);
        var r = Result(mlp.Second, active.Tensor, z.shape);
        ReturnUnlessKept(hidden);
        return r;
    }

    protected override Inner Differentiate(Tensor gradient, Tensor z, IGradientSums sums)
    {
        AddResultGradients(sums, mlp.Second, gradient, active!.Tensor);
        Workspace.Return(active.Tensor); // its memory is that of the next line
        var inner = ByResultInput(mlp.Second, gradient);
        using var firstBias = empty_like(mlp.First.Bias!);
        if (Chain.IsOpen) Gelu.Backward(Chain, z.shape[1], hidden!.Tensor, inner, firstBias);
        else Gelu.Backward(hidden!.Tensor, inner, firstBias);
        Workspace.Return(hidden.Tensor);
        sums.SumFor(mlp.First.Bias!)?.PlusInPlace(firstBias);
        var normalised = Normalised(z);
        AddGradients(sums, mlp.First, inner, normalised, withBias: false);
        Workspace.Return(normalised);
        return new(inner, mlp.First);
    }
}
