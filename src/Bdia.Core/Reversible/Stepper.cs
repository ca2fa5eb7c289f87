using Bdia.Core.Numerics;
using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Reversible;

/// <summary>Takes the steps that a stack's options ask for, values only, and guards their range. Shared by all modes, so that all give the same numbers.</summary>
internal sealed class Stepper
{
    private readonly IStepKernel _kernel;
    private readonly FixedPointGrid _grid;
    private readonly bool _quantize;
    private readonly Tensor _like;

    public Stepper(BdiaStack stack, Tensor input)
    {
        _kernel = stack.Kernel(input);
        _grid = new FixedPointGrid(stack.Options.FractionBits);
        _quantize = stack.Options.Quantize;
        _like = input;
    }

    /// <summary>x_0.</summary>
    public void Start(Tensor destination, Tensor input)
    {
        if (_quantize) Guard(0, _kernel.Quantize(destination, input, _grid), 0);
        else destination.copy_(input);
    }

    /// <summary>x + h.</summary>
    public void Euler(int block, Tensor destination, Tensor x, Tensor h)
    {
        if (_quantize) Guard(block, _kernel.Euler(destination, x, Ready(block, h), _grid), 0);
        else destination.copy_(x.Plus(Ready(block, h)));
    }

    /// <summary>x_{k+1}, for every weight that the options allow.</summary>
    /// <param name="pads">Where to keep the pads; null when nobody will ask for them.</param>
    public void Next(int block, Tensor destination, Tensor xPrevious, Tensor x, Tensor h, float[] gamma, IntegrationWeight weight, PackedPads? pads)
    {
        if (weight.Magnitude == 0)
        {
            Euler(block, destination, x, h);
        }
        else if (_quantize && weight.PadBits is { } padBits)
        {
            using var unwanted = pads is null ? NewPads(1, weight)[0] : null;
            Guard(block, _kernel.Advance(destination, xPrevious, x, Ready(block, h), gamma, pads ?? unwanted!, _grid), padBits);
        }
        else
        {
            using var scope = NewDisposeScope();
            var blended = Blend(xPrevious, x, Ready(block, h), GammaDraw.AsTensor(gamma, x));
            if (_quantize) Guard(block, _kernel.Quantize(destination, blended, _grid), 0);
            else destination.copy_(blended);
        }
    }

    /// <summary>Equation (1), without pads: γ x_{k-1} + (1-γ) x_k + (1+γ) h_k, for weights that need no inverse. Differentiable.</summary>
    public static Tensor Blend(Tensor xPrevious, Tensor x, Tensor h, Tensor gamma) => gamma.mul(xPrevious).Plus(gamma.neg().Plus(1).mul(x)).Plus(gamma.Plus(1).mul(h));

    public PackedPads[] NewPads(int blocks, IntegrationWeight weight)
        => PackedPads.Allocate(blocks, _like.shape[0], _like.numel() / Math.Max(1, _like.shape[0]), weight.PadBits!.Value, _like.device);

    private Tensor Ready(int block, Tensor h)
    {
        if (h.dtype != ScalarType.Float32 || !h.shape.AsSpan().SequenceEqual(_like.shape))
            throw new InvalidOperationException($"Residual {block} returned {h.dtype} of shape ({string.Join(", ", h.shape)}); "
                + $"a residual must return Float32 of its input's shape ({string.Join(", ", _like.shape)}).");
        return h.contiguous();
    }

    private void Guard(int block, float magnitude, int padBits)
    {
        var limit = _grid.Limit(padBits);
        if (!(magnitude <= limit)) throw ReversibilityException.OutOfRange(block, magnitude, limit, _grid.FractionBits);
    }
}
