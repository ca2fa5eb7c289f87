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
    public override string Name => nameof(BdiaFunction);

    /// <summary>x_K, connected to the graph of x and the conditions.</summary>
    public static Tensor Apply(BdiaStack stack, StackPass pass, Tensor x, IReadOnlyList<Tensor> conditions)
    {
        using var scope = NewDisposeScope();
        // Before the node is made: TorchSharp never lets go of one whose forward method throws, nor of the graph behind it.
        var xLast = pass.Forth(x, goesBack: true);
        // libtorch makes a node only where an input requires gradients; the anchor does, even when the weights alone need them.
        var anchor = zeros(2, device: x.device).requires_grad_(true);
        return apply([new Call(stack, pass, xLast), anchor, x, .. conditions]).MoveToOuterDisposeScope();
    }

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var call = (Call)vars[0];
        var xLast = call.XLast!;
        ctx.save_data(nameof(Call), call with { XLast = null, Inputs = vars.Skip(1).Cast<Tensor>().Select(t => t.requires_grad).ToArray() });
        ctx.save_for_backward([xLast]); // libtorch then refuses to go on if the caller changes the output in place
        return xLast;
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor gradient)
    {
        var call = (Call)ctx.get_data(nameof(Call));
        using var pass = call.Pass;
        return ctx.HandOver(gradient, call.Inputs!.Length, () =>
        {
            using var xLast = ctx.get_saved_variables()[0];
            return call.Stack.Backward(call.Pass, xLast, gradient, call.Inputs);
        }, e => call.Stack.BackwardFault = e as ReversibilityException ?? new ReversibilityException($"The backward pass failed: {e.Message}", -1, e));
    }

    private sealed record Call(BdiaStack Stack, StackPass Pass, Tensor? XLast, bool[]? Inputs = null);
}
