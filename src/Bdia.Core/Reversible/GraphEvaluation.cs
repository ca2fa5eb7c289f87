using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Reversible;

/// <summary>Any residual, evaluated by its forward method and differentiated by autograd.</summary>
internal sealed class GraphEvaluation : IEvaluation
{
    private readonly Workspace workspace;
    private readonly Tensor x;

    /// <param name="keep">Whether there will be a backward pass.</param>
    /// <param name="leading">Of how many tokens the value is wanted, the first ones; null for all.</param>
    public GraphEvaluation(Residual residual, Tensor x, ResidualContext context, Workspace workspace, bool keep, int? leading)
    {
        this.workspace = workspace;
        this.x = x.detach().requires_grad_(keep).DetachFromDisposeScope();
        using var grad = set_grad_enabled(keep);
        Value = residual.forward(this.x, context);
        if (leading is { } count) Value = Value.narrow(1, 0, count);
    }

    public Tensor Value { get; }

    // The way back goes through it.
    public void ReleaseValue()
    {
    }

    public Tensor? Backward(Tensor gradient)
    {
        // A residual that uses no weight and not even x has no graph to go through.
        if (Value.requires_grad) autograd.backward([Value], [gradient]);
        workspace.Return(gradient);
        return x.grad;
    }

    // The value goes with the scope in which it was made: it might be the residual's own.
    public void Dispose() => x.Dispose();
}
