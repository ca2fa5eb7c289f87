using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Reversible;

/// <summary>
/// The stack as an ordinary autograd graph that stores what it needs: <see cref="BackpropagationMode.StoreActivations"/> of residuals that have no backward
/// pass of their own, and evaluation mode while gradients are on. The numbers are those of <see cref="StackPass"/>; this is its oracle.
/// </summary>
internal sealed class GraphForward
{
    private readonly BdiaStack _stack;
    private readonly TrainingClock? _clock;
    private readonly Tensor[] _conditions;
    private readonly IntegrationWeight _weight;
    private readonly Stepper _stepper;

    private GraphForward(BdiaStack stack, Tensor x, Tensor[] conditions, TrainingClock? clock, IntegrationWeight weight)
    {
        _stack = stack;
        _clock = clock;
        _conditions = conditions;
        _weight = weight;
        _stepper = new Stepper(stack, x);
    }

    public static Tensor Train(BdiaStack stack, Tensor x, Tensor[] conditions)
        => new GraphForward(stack, x, conditions, stack.Clock.Freeze(), stack.Options.Gamma.At(stack.Clock.Progress)).Run(x);

    public static Tensor Evaluate(BdiaStack stack, Tensor x, Tensor[] conditions)
        => new GraphForward(stack, x, conditions, null, new((float)stack.Options.InferenceGamma, null)).Run(x);

    private Tensor Run(Tensor input)
    {
        using var scope = NewDisposeScope();
        var xPrevious = Start(input.contiguous());
        var x = Euler(0, xPrevious, Residual(0, xPrevious));
        for (var k = 1; k < _stack.Residuals.Count; k++)
        {
            using var block = NewDisposeScope();
            var h = Residual(k, x);
            var xNext = _weight.Magnitude == 0 ? Euler(k, x, h) : Next(k, xPrevious, x, h);
            (xPrevious, x) = (x, xNext.MoveToOuterDisposeScope());
        }

        return x.MoveToOuterDisposeScope();
    }

    // The view makes one node through which all of h's gradient by x arrives, summed as it is in a block's own backward pass.
    private Tensor Residual(int k, Tensor x) => _stack.Residuals[k].forward(x.view_as(x), _stack.Context(k, _clock, _conditions));

    private Tensor Start(Tensor input)
    {
        if (!_stack.Options.Quantize) return input.alias();
        return StraightThroughStep.Quantize(Value(input, value => _stepper.Start(value, input)), input);
    }

    private Tensor Euler(int k, Tensor x, Tensor h)
        => _stack.Options.Quantize ? StraightThroughStep.Euler(Value(x, value => _stepper.Euler(k, value, x, h)), x, h) : x.Plus(h);

    private Tensor Next(int k, Tensor xPrevious, Tensor x, Tensor h)
    {
        var gamma = _clock is null
            ? Enumerable.Repeat(_weight.Magnitude, (int)x.shape[0]).ToArray()
            : GammaDraw.PerSample(_clock, _stack.Stream, k, x.shape[0], _weight.Magnitude);
        return _stack.Options.Quantize
            ? StraightThroughStep.Next(Value(x, value => _stepper.Next(k, value, xPrevious, x, h, gamma, _weight, pads: null)), gamma, xPrevious, x, h)
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
