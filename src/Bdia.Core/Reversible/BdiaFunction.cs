using Bdia.Core.Native;
using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Reversible;

/// <summary>
/// A whole stack as one node of the autograd graph. Its backward walks the stack back, and runs an ordinary backward through one
/// block at a time; weight gradients arrive in the parameters' grad as that happens, one block's graph alive at a time.
/// </summary>
internal sealed class BdiaFunction : autograd.SingleTensorFunction<BdiaFunction>
{
    private const long SmallestRelease = 1 << 18; // elements of a state: below, it would cost a noticeable part of a pass

    public override string Name => nameof(BdiaFunction);

    /// <summary>x_K, connected to the graph of x and the conditions.</summary>
    /// <param name="pass">Not yet gone forward; the node's from here on.</param>
    /// <param name="watch">Where a fault is noted.</param>
    /// <param name="x">x_0 before rounding.</param>
    /// <param name="conditions">As they were given to the pass.</param>
    /// <param name="blocks">Their weights must not change before the way back.</param>
    public static Tensor Apply(IStackPass pass, BackwardWatch watch, Tensor x, IReadOnlyList<Tensor> conditions,
        IReadOnlyList<Residual> blocks)
    {
        using var scope = NewDisposeScope();
        // Before the node is made: TorchSharp never lets go of one whose forward method throws, nor of the graph behind it.
        var xLast = pass.Forward(x, goesBack: true);
        scope.Attach(xLast);
        // libtorch makes a node only where an input requires gradients; the anchor does, even when the weights alone need them.
        var anchor = zeros(2, float32, x.device).requires_grad_(true);
        return apply([new Call(pass, watch, blocks, x.numel(), xLast), anchor, x, .. conditions]).MoveToOuterDisposeScope();
    }

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var call = (Call)vars[0];
        var xLast = call.XLast!;
        ctx.save_data(nameof(Call), call with { XLast = null, Inputs = [.. vars.Skip(1).Cast<Tensor>().Select(t => t.requires_grad)] });
        // libtorch then refuses to go on if one of them has been written to since: a block is evaluated anew, or differentiated, with what
        // it finds.
        ctx.save_for_backward([xLast, .. call.Pass.Conditions, .. call.Blocks.SelectMany(block => block.parameters())]);
        return xLast;
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor gradient)
    {
        var call = (Call)ctx.get_data(nameof(Call));
        using var pass = call.Pass;
        return ctx.HandOver(gradient, call.Inputs!.Length, () =>
        {
            if (call.IsSpent)
                throw new InvalidOperationException(
                    "The states of this pass have been rebuilt and released already: backward can run once per forward pass. Run "
                    + "forward again.");
            call.IsSpent = true;
            call.Watch.Observer?.BeforePass(call.Blocks[^1]);
            using var xLast = Unchanged(ctx);
            // What the forward pass and the step before have freed would otherwise stay resident beside the most that a step needs.
            if (call.StateElements >= SmallestRelease) FreeMemory.Release();
            return Gradients(call, xLast, gradient);
        }, e => call.Watch.Fault = e as ReversibilityException
            ?? new ReversibilityException($"The backward pass failed: {e.Message}", -1, e));
    }

    /// <summary>x_K, if neither it nor anything else that the way back reads has been written to since the forward pass.</summary>
    private static Tensor Unchanged(autograd.AutogradContext ctx)
    {
        List<Tensor> saved;
        try
        {
            saved = ctx.get_saved_variables();
        }
        catch (Exception e)
        {
            throw ReversibilityException.Changed(e);
        }

        foreach (var other in saved.Skip(1)) other.Dispose();
        return saved[0];
    }

    /// <summary>The gradients of (nothing, anchor, x, conditions...); null where none is required.</summary>
    private static List<Tensor> Gradients(Call call, Tensor xLast, Tensor gradient)
    {
        using var scope = NewDisposeScope();
        using var noGraph = no_grad();
        var gradients = new StackGradients(call.Pass.Workspace, call.Watch.Observer, gradient);
        call.Pass.Backward(xLast, gradients);
        var byX = call.Inputs![1] ? gradients.ByState.clone().MoveToOuterDisposeScope() : null!; // behind the anchor
        return [null!, null!, byX, .. call.Pass.Conditions.Select(condition => condition.grad?.MoveToOuterDisposeScope()!)];
    }

    /// <param name="StateElements">Of x_0.</param>
    /// <param name="XLast">For the forward method alone.</param>
    /// <param name="Inputs">Which of (anchor, x, conditions...) require gradients.</param>
    private sealed record Call(IStackPass Pass, BackwardWatch Watch, IReadOnlyList<Residual> Blocks,
        long StateElements, Tensor? XLast, bool[]? Inputs = null)
    {
        public bool IsSpent { get; set; }
    }
}
