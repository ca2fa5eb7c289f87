using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Reversible;

/// <summary>The standard network, x_{k+1} = x_k + Q[h_k(x_k)], values only: one state, written over block by block.</summary>
internal static class Inference
{
    public static Tensor Run(BdiaStack stack, Tensor input, Tensor[] conditions)
    {
        using var scope = NewDisposeScope();
        input = input.contiguous();
        var stepper = new Stepper(stack, input);
        var gamma = (float)stack.Options.InferenceGamma;
        var x = empty_like(input);
        stepper.Start(x, input);
        var xPrevious = gamma == 0 ? x : x.clone();
        using (NewDisposeScope()) stepper.Euler(0, x, x, stack.Evaluate(0, x, null, conditions));
        for (var k = 1; k < stack.Residuals.Count; k++)
        {
            using var block = NewDisposeScope();
            var h = stack.Evaluate(k, x, null, conditions);
            // Without gamma the step needs no x_{k-1}; with it, x_{k+1} takes the place of x_{k-1}.
            if (gamma == 0) stepper.Euler(k, x, x, h);
            else stepper.Next(k, xPrevious, xPrevious, x, h, Enumerable.Repeat(gamma, (int)x.shape[0]).ToArray(), new(gamma, null), pads: null);
            if (gamma != 0) (xPrevious, x) = (x, xPrevious);
        }

        return x.MoveToOuterDisposeScope();
    }
}
