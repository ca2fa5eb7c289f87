using Bdia.Core.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Reversible;

/// <summary>
/// Online back-propagation. With g_k the gradient of the loss by x_k, block k adds
/// <c>g_{k-1} += γ g_{k+1}</c> and <c>g_k += (1-γ) g_{k+1} + J^T (1+γ) g_{k+1}</c>, J the Jacobian of h_k.
/// </summary>
/// <remarks>Sums are taken in the order in which ordinary autograd takes them, so that both give the same bits.</remarks>
internal sealed class StackGradients(BdiaStack stack, StackPass pass, bool[] requiresGradient)
{
    private const int AnchorInput = 0, StateInput = 1; // of requiresGradient: anchor, x, conditions...

    /// <summary>The gradients of (nothing, anchor, x, conditions...); null where none is required.</summary>
    public List<Tensor> Compute(Tensor xLast, Tensor gradient)
    {
        using var scope = NewDisposeScope();
        var gNext = gradient;       // g_{k+1}
        Tensor? carried = null;     // what block k+1 contributed to g_k: γ_{k+1} g_{k+2}
        pass.Back(xLast, (k, x, h, gamma) =>
        {
            using var block = NewDisposeScope();
            using var noGraph = no_grad();
            if (gamma is null)
            {
                Differentiate(k, h, gNext);
                gNext = Keep(scope, Sum(Add(carried, gNext), x));
                return;
            }

            var weight = GammaDraw.AsTensor(gamma, x);
            Differentiate(k, h, weight.Plus(1).mul(gNext));
            var gHere = Sum(Add(carried, weight.neg().Plus(1).mul(gNext)), x);
            carried?.Dispose();
            carried = Keep(scope, weight.mul(gNext));
            if (!ReferenceEquals(gNext, gradient)) gNext.Dispose();
            gNext = Keep(scope, gHere);
        });

        List<Tensor> gradients = [null!, null!, requiresGradient[StateInput] ? gNext.MoveToOuterDisposeScope() : null!];
        foreach (var condition in pass.ConditionLeaves)
            gradients.Add(condition.grad?.MoveToOuterDisposeScope()!);
        return gradients;
    }

    // Weight gradients and x's own land in .grad; a residual that uses no weight and not even x has no graph to go through.
    private void Differentiate(int k, Tensor h, Tensor gradient)
    {
        stack.Observer?.BeforeBackward(stack.Residuals[k]);
        if (h.requires_grad) autograd.backward([h], [gradient]);
        stack.Observer?.AfterBackward(stack.Residuals[k]);
    }

    // The visitor runs in scopes of its own; what the next block needs moves to ours.
    private static Tensor Keep(DisposeScope scope, Tensor t)
    {
        scope.Attach(t);
        return t;
    }

    private static Tensor Add(Tensor? carried, Tensor gradient) => carried is null ? gradient : carried.Plus(gradient);

    private static Tensor Sum(Tensor direct, Tensor x) => x.grad is { } throughResidual ? direct.Plus(throughResidual) : direct.alias();
}
