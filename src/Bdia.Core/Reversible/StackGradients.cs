using Bdia.Core.Simd;
using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Reversible;

/// <summary>
/// Online back-propagation. With g_k the gradient of the loss by x_k, block k adds
/// <c>g_{k-1} += γ g_{k+1}</c> and <c>g_k += (1-γ) g_{k+1} + J^T (1+γ) g_{k+1}</c>, J the Jacobian of h_k.
/// </summary>
/// <remarks>Sums are taken in the order in which ordinary autograd takes them, so that both give the same bits.</remarks>
/// <param name="workspace">Memory of the pass.</param>
/// <param name="observer">Who is told of every block; null for nobody.</param>
/// <param name="gradient">g_K.</param>
internal sealed class StackGradients(Workspace workspace, IBlockObserver? observer, Tensor gradient)
{
    private Tensor? carried; // what block k+1 contributed to g_k: γ_{k+1} g_{k+2}

    /// <summary>g_k of the block that was gone back through last, of the workspace.</summary>
    public Tensor ByState { get; private set; } = workspace.Copy(gradient);

    /// <summary>Goes back through block k, last first.</summary>
    /// <param name="block">h_k; its weights' gradients are added to their grad.</param>
    /// <param name="evaluation">h_k at x_k.</param>
    /// <param name="gamma">γ_k of every sample; null for the first block, which has none.</param>
    /// <param name="whole">Makes a gradient by a whole state of one by what was wanted of x_K alone; null where that is all.</param>
    public void Add(Residual block, IEvaluation evaluation, float[]? gamma, Func<Tensor, Tensor>? whole = null)
    {
        using var scope = NewDisposeScope();
        using var noGraph = no_grad();
        var gNext = ByState; // g_{k+1}
        var weight = gamma is null || Serves(gNext) ? null : GammaDraw.AsTensor(gamma, gNext);
        var byValue = gamma is null || weight is not null ? workspace.Copy(gNext) : workspace.Rent(ScalarType.Float32, gNext.shape);
        if (weight is not null) byValue.mul_(weight.Plus(1));
        else if (gamma is not null) GradientKernel.ByResidual(gNext, gamma, byValue);
        observer?.BeforeBackward(block);
        var throughResidual = evaluation.Backward(byValue);
        observer?.AfterBackward(block);

        if (gamma is not null && whole is null && Serves(gNext, carried, throughResidual))
        {
            var here = carried ?? workspace.Rent(ScalarType.Float32, gNext.shape);
            GradientKernel.ByState(gNext, gamma, carried, throughResidual, here);
            (ByState, carried) = (here, gNext);
            return;
        }

        if (gamma is not null) weight ??= GammaDraw.AsTensor(gamma, gNext);
        var gHere = weight is null ? gNext : workspace.Copy(gNext).mul_(weight.neg().Plus(1));
        if (carried is not null) gHere.PlusInPlace(carried);
        workspace.Return(carried);
        carried = weight is null ? null : gNext.mul_(weight);
        if (whole is not null) (gHere, carried) = (whole(gHere), carried is null ? null : whole(carried));
        if (throughResidual is not null) gHere.PlusInPlace(throughResidual);
        ByState = gHere;
    }

    // Whether the kernel reads these as they are.
    private static bool Serves(Tensor gradient, params ReadOnlySpan<Tensor?> others)
    {
        if (!IsPlain(gradient)) return false;
        foreach (var other in others)
            if (other is not null && (!IsPlain(other) || other.numel() != gradient.numel())) return false;
        return true;

        static bool IsPlain(Tensor t) => CpuKernels.Serve(t) && t.is_contiguous();
    }
}
