using static TorchSharp.torch;

namespace Bdia.Core.Tensors;

/// <summary>The way of gradients from a backward method of ours into libtorch.</summary>
/// <remarks>
/// TorchSharp takes bare handles from the list that such a method returns and passes them on after it has forgotten the list. Where
/// the caller of backward has opened no dispose scope, the garbage collector could free the gradients before libtorch reads them. It hands
/// the incoming gradient over in the same way, which is why those methods hold on to it until they return.
/// </remarks>
internal static class GradientHandOver
{
    /// <summary>Keeps gradients alive for as long as the node that they come from.</summary>
    /// <returns>The gradients.</returns>
    public static List<Tensor> HandOver(this autograd.AutogradContext ctx, List<Tensor> gradients)
    {
        ctx.save_data("gradients", gradients);
        return gradients;
    }
}
