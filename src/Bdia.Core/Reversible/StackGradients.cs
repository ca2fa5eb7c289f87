using Bdia.Core.Tensors;
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
    private const int StateInput = 1; // of requiresGradient: anchor, x, conditions...

    private readonly Workspace _workspace = pass.Workspace;

    /// <summary>The gradients of (nothing, anchor, x, conditions...); null where none is required.</summary>
    public List<Tensor> Compute(Tensor xLast, Tensor gradient)
    {
        using var scope = NewDisposeScope();
        using var noGraph = no_grad();
        var gNext = _workspace.Copy(gradient);  // g_{k+1}
        Tensor? carried = null;                 // what block k+1 contributed to g_k: γ_{k+1} g_{k+2}
        pass.Back(xLast, (k, evaluation, gamma) =>
        {
            using var block = NewDisposeScope();
            var weight = gamma is null ? null : GammaDraw.AsTensor(gamma, gNext);
            var byValue = _workspace.Copy(gNext);
            if (weight is not null) byValue.mul_(weight.Plus(1));
            var throughResidual = Differentiate(k, evaluation, byValue);

            var gHere = weight is null ? gNext : _workspace.Copy(gNext).mul_(weight.neg().Plus(1));
            if (carried is not null) gHere.PlusInPlace(carried);
            _workspace.Return(carried);
            carried = weight is null ? null : gNext.mul_(weight);
            if (gHere.shape[1] != pass.Tokens)
            {
                // Of a last block that was evaluated for some tokens alone; the others have no part in x_K.
                gHere = LeadingTokens.Expand(gHere, pass.Tokens, _workspace);
                if (carried is not null) carried = LeadingTokens.Expand(carried, pass.Tokens, _workspace);
            }

            if (throughResidual is not null) gHere.PlusInPlace(throughResidual);
            gNext = gHere;
        });

        List<Tensor> gradients = [null!, null!, requiresGradient[StateInput] ? gNext.clone().MoveToOuterDisposeScope() : null!];
        foreach (var condition in pass.ConditionLeaves)
            gradients.Add(condition.grad?.MoveToOuterDisposeScope()!);
        return gradients;
    }

    private Tensor? Differentiate(int k, IEvaluation evaluation, Tensor gradient)
    {
        stack.Observer?.BeforeBackward(stack.Residuals[k]);
        var byState = evaluation.Backward(gradient);
        stack.Observer?.AfterBackward(stack.Residuals[k]);
        return byState;
    }
}
