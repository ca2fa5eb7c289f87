using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Reversible;

/// <summary>
/// A pass of which the first tokens of x_K alone are wanted, (B, n, D) of (B, N, D), as of a vision transformer the class token: all blocks
/// but the last as ever, and the last one evaluated for these tokens alone. This file is all that a stack knows of it.
/// </summary>
/// <remarks>
/// The last step cannot be taken back, since x_K is not whole: x_{K-2}, which the blocks below keep as their last state but one, is kept in
/// its place. The last block's evaluation, which the way back needs first of all, is kept instead of made again.
/// </remarks>
internal sealed class LeadingPass : IStackPass
{
    private readonly StackRun run; // of two residuals or more
    private readonly int tokens; // n
    private readonly StackPass below;
    private Tensor? x; // x_{K-1}
    private IEvaluation? kept;

    public LeadingPass(StackRun run, int tokens, IReadOnlyList<Tensor> conditions, PassMemory memory, IStateWitness? witness)
    {
        (this.run, this.tokens) = (run, tokens);
        below = new StackPass(run.ButLast(), conditions, memory, witness, isWhole: false);
    }

    public Workspace Workspace => below.Workspace;

    public IReadOnlyList<Tensor> Conditions => below.Conditions;

    public long SideInformationBytes => below.SideInformationBytes;

    private int Last => run.Depth - 1;

    private Residual Block => run.Residuals[Last];

    /// <summary>The same in evaluation mode, where nothing is kept.</summary>
    public static Tensor Infer(StackRun run, int tokens, Tensor input, ResidualContext context)
    {
        using var workspace = new Workspace(input.device);
        using var scope = NewDisposeScope();
        var (xPrevious, x) = Inference.States(run.ButLast(), input, context, workspace);
        using var h = run.Residuals[^1].Evaluate(x, context, workspace, keep: false, tokens);
        return LastStep(run, tokens, xPrevious, x, h.Value).MoveToOuterDisposeScope();
    }

    public Tensor Forward(Tensor input, bool goesBack)
    {
        x = below.Forward(input, goesBack);
        using var scope = NewDisposeScope();
        using var noGraph = no_grad();
        below.States!.Keep(Last, x);
        var keep = goesBack && Block.WritesBackwardPass(x); // a graph of autograd's goes with the scope
        var h = Evaluate(keep);
        var xLast = LastStep(run, tokens, below.XPrevious!, x, h.Value).DetachFromDisposeScope();
        if (keep) kept = h;
        if (keep) h.ReleaseValue();
        else h.Dispose();
        return xLast;
    }

    public void Backward(Tensor xLast, StackGradients? gradients)
    {
        using (NewDisposeScope())
        using (var h = kept ?? Evaluate(keep: true))
        {
            h.ReleaseValue();
            // The other tokens have no part in x_K.
            gradients?.Add(Block, h, run.Gamma(Last, x!.shape[0]), gradient => LeadingTokens.Expand(gradient, x.shape[1], Workspace));
        }

        below.States!.Leave(Last, x!);
        below.Backward(x!, gradients);
    }

    public void Dispose()
    {
        kept?.Dispose();
        below.Dispose();
    }

    private static Tensor LastStep(StackRun run, int tokens, Tensor xPrevious, Tensor x, Tensor h)
    {
        using var scope = NewDisposeScope();
        Tensor before = First(xPrevious), here = First(x), xLast = empty_like(here);
        run.Stepper(here).Next(run.Depth - 1, xLast, before, here, h, run.Gamma(run.Depth - 1, x.shape[0]), pads: null);
        return xLast.MoveToOuterDisposeScope();

        Tensor First(Tensor state) => state.narrow(1, 0, tokens).contiguous();
    }

    private IEvaluation Evaluate(bool keep) => Block.Evaluate(x!, run.Context(Last, Conditions), Workspace, keep, tokens);
}
