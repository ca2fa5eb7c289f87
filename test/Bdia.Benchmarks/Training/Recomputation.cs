using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Benchmarks.Training;

/// <summary>Activation checkpointing: a function whose graph is not kept, but made again in the backward pass from its input.</summary>
internal sealed class Recomputation : autograd.SingleTensorFunction<Recomputation>
{
    public override string Name => nameof(Recomputation);

    public static Tensor Apply(Func<Tensor, Tensor> function, Tensor x)
    {
        using var scope = NewDisposeScope();
        return apply([function, x]).MoveToOuterDisposeScope();
    }

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (function, x) = ((Func<Tensor, Tensor>)vars[0], (Tensor)vars[1]);
        ctx.save_data("function", function);
        ctx.save_for_backward([x]);
        using (no_grad()) return function(x.detach());
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor gradient)
    {
        using var scope = NewDisposeScope();
        using var handle = gradient;
        var leaf = ctx.get_saved_variables()[0].detach().requires_grad_(true);
        using (enable_grad())
        {
            var y = ((Func<Tensor, Tensor>)ctx.get_data("function"))(leaf);
            autograd.backward([y], [gradient]);
        }

        List<Tensor> gradients = [null!, leaf.grad!.MoveToOuterDisposeScope()];
        ctx.save_data("gradients", gradients); // alive until libtorch has read them
        return gradients;
    }
}
