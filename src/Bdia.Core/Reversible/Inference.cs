using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Reversible;

/// <summary>The standard network, x_{k+1} = x_k + Q[h_k(x_k)], values only: one state, written over block by block.</summary>
internal static class Inference
{
    /// <summary>x_K.</summary>
    /// <param name="run">Of evaluation.</param>
    /// <param name="input">x_0.</param>
    /// <param name="context">For every block, without randomness.</param>
    public static Tensor Run(StackRun run, Tensor input, ResidualContext context)
    {
        using var workspace = new Workspace(input.device);
        using var scope = NewDisposeScope();
        return States(run, input, context, workspace).X.MoveToOuterDisposeScope();
    }

    /// <summary>x_K, for whoever evaluates the residuals in a way of their own, as incremental decoding does.</summary>
    /// <param name="run">Of evaluation.</param>
    /// <param name="input">x_0, of any shape (B, ...): the steps are taken element by element.</param>
    /// <param name="residual">h_k(x) of k and x.</param>
    public static Tensor Run(StackRun run, Tensor input, Func<int, Tensor, Tensor> residual)
    {
        using var scope = NewDisposeScope();
        return States(run, input, residual).X.MoveToOuterDisposeScope();
    }

    /// <summary>The largest magnitude of x_0 .. x_K, NaN where one is not a number.</summary>
    public static double LargestState(StackRun run, Tensor input, ResidualContext context)
    {
        using var workspace = new Workspace(input.device);
        using var scope = NewDisposeScope();
        var largest = 0f;
        IEvaluation? evaluation = null;
        var (_, last) = States(run, input, (k, x) =>
        {
            largest = MathF.Max(largest, x.abs().max().item<float>());
            evaluation?.Dispose();
            evaluation = run.Residuals[k].Evaluate(x, context, workspace, keep: false);
            return evaluation.Value;
        });
        evaluation?.Dispose();
        return MathF.Max(largest, last.abs().max().item<float>());
    }

    /// <summary>x_{K-1} and x_K. Where γ is 0, and nobody reads x_{K-1}, it is x_K.</summary>
    public static (Tensor XPrevious, Tensor X) States(StackRun run, Tensor input, ResidualContext context, Workspace workspace)
    {
        IEvaluation? evaluation = null;
        var states = States(run, input, (k, x) =>
        {
            evaluation?.Dispose();
            evaluation = run.Residuals[k].Evaluate(x, context, workspace, keep: false);
            return evaluation.Value;
        });
        evaluation?.Dispose();
        return states;
    }

    private static (Tensor XPrevious, Tensor X) States(StackRun run, Tensor input, Func<int, Tensor, Tensor> residual)
    {
        input = input.contiguous();
        var stepper = run.Stepper(input);
        var isPlain = run.Weight.Magnitude == 0;
        var x = empty_like(input);
        stepper.Start(x, input);
        var xPrevious = isPlain ? x : x.clone();
        for (var k = 0; k < run.Depth; k++)
        {
            using var block = NewDisposeScope();
            var h = residual(k, x);
            if (k == 0 || isPlain)
            {
                stepper.Euler(k, x, x, h);
                continue;
            }

            stepper.Next(k, xPrevious, xPrevious, x, h, run.Gamma(k, input.shape[0]), pads: null); // x_{k+1} takes the place of x_{k-1}
            (xPrevious, x) = (x, xPrevious);
        }

        return (xPrevious, x);
    }
}
