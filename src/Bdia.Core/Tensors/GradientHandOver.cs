using static TorchSharp.torch;

namespace Bdia.Core.Tensors;

/// <summary>The way of gradients from a backward method of ours into libtorch.</summary>
/// <remarks>
/// TorchSharp takes bare handles from the list that such a method returns and passes them on after it has forgotten the list. Where
/// the caller of backward has opened no dispose scope, the garbage collector could free the gradients before libtorch reads them. It hands
/// the incoming gradient over in the same way, which is why that is held on to until they have been computed.
/// </remarks>
internal static class GradientHandOver
{
    /// <summary>Runs a backward method, and keeps its gradients alive for as long as the node that they come from.</summary>
    /// <param name="ctx">Of the node.</param>
    /// <param name="gradient">The incoming gradient; disposed.</param>
    /// <param name="inputs">How many tensors the node was made from, behind one argument that is none.</param>
    /// <param name="compute">The gradients by all arguments, null where none is required.</param>
    /// <param name="failed">Told of an exception of <paramref name="compute"/>, which cannot leave a backward pass.</param>
    /// <returns>What the backward method returns.</returns>
    public static List<Tensor> HandOver(
        this autograd.AutogradContext ctx, Tensor gradient, int inputs, Func<List<Tensor>> compute, Action<Exception>? failed = null)
    {
        using var handle = gradient;
        List<Tensor> gradients;
        try
        {
            if (is_grad_enabled()) throw new InvalidOperationException("There are no second derivatives: leave create_graph off.");
            gradients = compute();
        }
#pragma warning disable CA1031 // An exception that leaves a backward method would pass through native frames and end the process.
        catch (Exception e)
#pragma warning restore CA1031
        {
            failed?.Invoke(e);
            // A gradient whose shape cannot fit makes libtorch raise its own error out of loss.backward(): an error, never a wrong
            // gradient.
            gradients = [null!, .. Enumerable.Range(0, inputs).Select(_ => empty(0, float32, CPU))];
        }

        return ctx.HandOver(gradients);
    }

    /// <summary>Keeps gradients alive for as long as the node that they come from.</summary>
    /// <returns>The gradients.</returns>
    public static List<Tensor> HandOver(this autograd.AutogradContext ctx, List<Tensor> gradients)
    {
        ctx.save_data("gradients", gradients);
        return gradients;
    }
}
