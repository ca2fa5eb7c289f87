using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Reversible;

/// <summary>The standard network, x_{k+1} = x_k + Q[h_k(x_k)], values only: one state, written over block by block.</summary>
internal static class Inference
{
    /// <param name="stack">Whose residuals and options.</param>
    /// <param name="input">x_0.</param>
    /// <param name="context">For every block, without randomness.</param>
    /// <param name="leading">How many tokens of x_K are wanted, the first ones, of two blocks or more; null for all.</param>
    public static Tensor Run(BdiaStack stack, Tensor input, ResidualContext context, int? leading = null)
    {
        using var workspace = new Workspace(input.device);
        IEvaluation? evaluation = null;
        using var scope = NewDisposeScope();
        var last = stack.Residuals.Count - 1;
        var result = Run(stack, input, (k, x) =>
        {
            evaluation?.Dispose();
            evaluation = stack.Residuals[k].Evaluate(x, context, workspace, keep: false, k == last ? leading : null);
            return evaluation.Value;
        }, leading);
        evaluation?.Dispose();
        return result.MoveToOuterDisposeScope();
    }

    /// <summary>The same steps for whoever evaluates the residuals in a way of their own, as incremental decoding does.</summary>
    /// <param name="stack">Whose options, and how many blocks.</param>
    /// <param name="input">x_0, of any shape (B, ...): the steps are taken element by element.</param>
    /// <param name="residual">h_k(x) of k and x.</param>
    /// <param name="leading">How many tokens of the last h_k(x) there are, and of x_K are wanted; null for all.</param>
    public static Tensor Run(BdiaStack stack, Tensor input, Func<int, Tensor, Tensor> residual, int? leading = null)
    {
        using var scope = NewDisposeScope();
        input = input.contiguous();
        var stepper = new Stepper(stack, input);
        var gamma = (float)stack.Options.InferenceGamma;
        var x = empty_like(input);
        stepper.Start(x, input);
        var xPrevious = gamma == 0 ? x : x.clone();
        using (NewDisposeScope()) stepper.Euler(0, x, x, residual(0, x));
        for (var k = 1; k < stack.Residuals.Count; k++)
        {
            using var block = NewDisposeScope();
            var h = residual(k, x);
            if (leading is { } count && k == stack.Residuals.Count - 1)
            {
                (x, xPrevious) = (First(x), First(xPrevious));
                stepper = new Stepper(stack, x);

                Tensor First(Tensor state) => state.narrow(1, 0, count).contiguous().MoveToOuterDisposeScope();
            }

            // Without gamma the step needs no x_{k-1}; with it, x_{k+1} takes the place of x_{k-1}.
            if (gamma == 0) stepper.Euler(k, x, x, h);
            else stepper.Next(k, xPrevious, xPrevious, x, h, Enumerable.Repeat(gamma, (int)x.shape[0]).ToArray(), new(gamma, null), pads: null);
            if (gamma != 0) (xPrevious, x) = (x, xPrevious);
        }

        return x.MoveToOuterDisposeScope();
    }
}
