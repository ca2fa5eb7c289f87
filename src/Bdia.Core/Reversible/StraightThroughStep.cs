using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Reversible;

/// <summary>
/// One step as a node of the ordinary autograd graph: the value is given (<see cref="BdiaStep"/> computed it), the gradient is that of
/// x_{k+1} = γ x_{k-1} + (1-γ) x_k + (1+γ) h. Rounding and pads pass gradients straight through.
/// </summary>
internal sealed class StraightThroughStep : autograd.SingleTensorFunction<StraightThroughStep>
{
    public override string Name => nameof(StraightThroughStep);

    /// <summary>Q[x].</summary>
    public static Tensor Quantize(Tensor value, Tensor x) => apply(new Step(value, null), x);

    /// <summary>x + Q[h].</summary>
    public static Tensor Euler(Tensor value, Tensor x, Tensor h) => apply(new Step(value, null), x, h);

    /// <summary>x_{k+1}; gamma per sample.</summary>
    public static Tensor Next(Tensor value, float[] gamma, Tensor xPrevious, Tensor x, Tensor h)
        => apply(new Step(value, gamma), xPrevious, x, h);

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var step = (Step)vars[0];
        ctx.save_data(nameof(Step), step with { Value = null, Inputs = vars.Length - 1 });
        return step.Value!;
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor gradient)
    {
        var (_, gamma, inputs) = (Step)ctx.get_data(nameof(Step));
        using var handle = gradient;
        using var scope = NewDisposeScope();
        List<Tensor> gradients = [null!];
        if (gamma is null)
        {
            gradients.AddRange(Enumerable.Range(0, inputs).Select(_ => gradient.alias()));
        }
        else
        {
            var weight = GammaDraw.AsTensor(gamma, gradient);
            gradients.AddRange([weight.mul(gradient), weight.neg().Plus(1).mul(gradient), weight.Plus(1).mul(gradient)]);
        }

        foreach (var g in gradients) g?.MoveToOuterDisposeScope();
        return ctx.HandOver(gradients);
    }

    private sealed record Step(Tensor? Value, float[]? Gamma, int Inputs = 0);
}
