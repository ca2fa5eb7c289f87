using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Reversible;

/// <summary>
/// The stack as an ordinary autograd graph that stores what it needs: <see cref="BackpropagationMode.StoreActivations"/> of residuals that
/// have no backward pass of their own, and evaluation mode while gradients are on. The numbers are those of <see cref="StackPass"/>; this
/// is its oracle.
/// </summary>
internal sealed class GraphForward
{
    private readonly StackRun run;
    private readonly IReadOnlyList<Tensor> conditions;
    private readonly Stepper stepper;

    private GraphForward(StackRun run, Tensor like, IReadOnlyList<Tensor> conditions)
        => (this.run, this.conditions, stepper) = (run, conditions, run.Stepper(like));

    /// <summary>x_K, with its graph.</summary>
    public static Tensor Run(StackRun run, Tensor input, IReadOnlyList<Tensor> conditions)
        => new GraphForward(run, input, conditions).Run(input);

    private Tensor Run(Tensor input)
    {
        using var scope = NewDisposeScope();
        var xPrevious = Start(input.contiguous());
        var x = Euler(0, xPrevious, Residual(0, xPrevious));
        for (var k = 1; k < run.Depth; k++)
        {
            using var block = NewDisposeScope();
            var h = Residual(k, x);
            var xNext = run.Weight.Magnitude == 0 ? Euler(k, x, h) : Next(k, xPrevious, x, h);
            (xPrevious, x) = (x, xNext.MoveToOuterDisposeScope());
        }

        return x.MoveToOuterDisposeScope();
    }

    // The view makes one node through which all of h's gradient by x arrives, summed as it is in a block's own backward pass.
    private Tensor Residual(int k, Tensor x) => run.Residuals[k].forward(x.view_as(x), run.Context(k, conditions));

    private Tensor Start(Tensor input)
    {
        if (!run.Options.Quantize) return input.alias();
        return StraightThroughStep.Quantize(Value(input, value => stepper.Start(value, input)), input);
    }

    private Tensor Euler(int k, Tensor x, Tensor h)
        => run.Options.Quantize ? StraightThroughStep.Euler(Value(x, value => stepper.Euler(k, value, x, h)), x, h) : x.Plus(h);

    private Tensor Next(int k, Tensor xPrevious, Tensor x, Tensor h)
    {
        var gamma = run.Gamma(k, x.shape[0]);
        return run.Options.Quantize
            ? StraightThroughStep.Next(Value(x, value => stepper.Next(k, value, xPrevious, x, h, gamma, pads: null)),
                gamma, xPrevious, x, h)
            : Stepper.Blend(xPrevious, x, h, GammaDraw.AsTensor(gamma, x));
    }

    private static Tensor Value(Tensor like, Action<Tensor> compute)
    {
        using var noGraph = no_grad();
        var value = empty_like(like);
        compute(value);
        return value;
    }
}
