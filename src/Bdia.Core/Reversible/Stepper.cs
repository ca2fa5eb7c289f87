using Bdia.Core.Numerics;
using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Reversible;

/// <summary>
/// Takes the steps that a stack's options ask for, forward and back, values only, and guards their range. Shared by all modes, so that all
/// give the same numbers.
/// </summary>
/// <param name="kernel">Takes a step over memory.</param>
/// <param name="options">Of the stack.</param>
/// <param name="weight">What every γ is drawn from.</param>
/// <param name="like">A state, whose shape all have.</param>
/// <param name="first">Number of the run's first block in the stack, for messages.</param>
internal sealed class Stepper(IStepKernel kernel, BdiaStackOptions options, IntegrationWeight weight, Tensor like, int first)
{
    private readonly FixedPointGrid grid = new(options.FractionBits);

    /// <summary>Equation (1), without pads: γ x_{k-1} + (1-γ) x_k + (1+γ) h_k, for weights that need no inverse. Differentiable.</summary>
    public static Tensor Blend(Tensor xPrevious, Tensor x, Tensor h, Tensor gamma)
        => gamma.mul(xPrevious).Plus(gamma.neg().Plus(1).mul(x)).Plus(gamma.Plus(1).mul(h));

    /// <summary>x_0.</summary>
    public void Start(Tensor destination, Tensor input)
    {
        if (options.Quantize) Guard(0, kernel.Quantize(destination, input, grid), 0);
        else destination.copy_(input);
    }

    /// <summary>x + h: the first step, and every step where γ is 0.</summary>
    public void Euler(int block, Tensor destination, Tensor x, Tensor h)
    {
        if (options.Quantize) Guard(block, kernel.Euler(destination, x, Ready(block, h), grid), 0);
        else destination.copy_(x.Plus(Ready(block, h)));
    }

    /// <summary>x_{k+1}, for every weight that the options allow.</summary>
    /// <param name="xPrevious">x_{k-1}; null for the first step, which has none.</param>
    /// <param name="pads">Where to keep the pads; null when nobody will ask for them.</param>
    public void Next(int block, Tensor destination, Tensor? xPrevious, Tensor x, Tensor h, float[] gamma, PackedPads? pads)
    {
        if (xPrevious is null || weight.Magnitude == 0)
        {
            Euler(block, destination, x, h);
        }
        else if (options.Quantize && weight.PadBits is { } padBits)
        {
            using var unwanted = pads is null ? NewPads(1)[0] : null;
            Guard(block, kernel.Next(destination, xPrevious, x, Ready(block, h), gamma, pads ?? unwanted!, grid), padBits);
        }
        else
        {
            using var scope = NewDisposeScope();
            var blended = Blend(xPrevious, x, Ready(block, h), GammaDraw.AsTensor(gamma, x));
            if (options.Quantize) Guard(block, kernel.Quantize(destination, blended, grid), 0);
            else destination.copy_(blended);
        }
    }

    /// <summary>x_{k-1}, to the bit: the inverse of <see cref="Next"/>. The destination may be the memory of x_{k+1}.</summary>
    public void Previous(Tensor destination, Tensor xNext, Tensor x, Tensor h, float[] gamma, PackedPads pads)
    {
        using var scope = NewDisposeScope();
        kernel.Previous(destination, xNext, x, h.detach().contiguous(), gamma, pads, grid);
    }

    /// <summary>Whether the first step leads from x_0 to x_1, to the bit. It writes to the destination.</summary>
    public bool IsFirst(Tensor destination, Tensor x0, Tensor h, Tensor x1)
    {
        using var scope = NewDisposeScope();
        kernel.Euler(destination, x0, h.detach().contiguous(), grid);
        return TensorMemory.DifferingElements(destination, x1) == 0;
    }

    /// <summary>A place for the pads of so many steps.</summary>
    public PackedPads[] NewPads(int blocks)
        => PackedPads.Allocate(blocks, like.shape[0], like.numel() / Math.Max(1, like.shape[0]), weight.Denominator, like.device);

    private Tensor Ready(int block, Tensor h)
    {
        if (h.dtype != ScalarType.Float32 || !h.shape.AsSpan().SequenceEqual(like.shape))
            throw new InvalidOperationException($"Residual {first + block} returned {h.dtype} of shape ({string.Join(", ", h.shape)}); "
                + $"a residual must return Float32 of its input's shape ({string.Join(", ", like.shape)}).");
        return h.contiguous();
    }

    private void Guard(int block, float magnitude, int padBits)
    {
        var limit = grid.Limit(padBits);
        if (!(magnitude <= limit)) throw ReversibilityException.OutOfRange(first + block, magnitude, limit, grid.FractionBits);
    }
}
