using Bdia.Core.Numerics;
using static TorchSharp.torch;

namespace Bdia.Core.Reversible;

/// <summary>The step by libtorch operations: works on every device, and is the plain reference of <see cref="SimdStepKernel"/>.</summary>
internal sealed class TensorStepKernel : IStepKernel
{
    public static readonly TensorStepKernel Instance = new();

    public float Next(Tensor destination, Tensor xPrevious, Tensor x, Tensor h, float[] gamma, PackedPads pads, FixedPointGrid grid)
    {
        using var scope = NewDisposeScope();
        var pad = BdiaStep.Pad<TensorElements>(new(xPrevious), pads.Denominator, grid);
        pads.Write(pad.Value);
        var next = BdiaStep.Next(new(xPrevious), pad, new(x), new(h), new(GammaDraw.AsTensor(gamma, x)), pads.Denominator, grid,
            out var increment);
        destination.copy_(next.Value);
        return Largest(next.Value, increment.Value);
    }

    public void Previous(Tensor destination, Tensor xNext, Tensor x, Tensor h, float[] gamma, PackedPads pads, FixedPointGrid grid)
    {
        using var scope = NewDisposeScope();
        var pad = new TensorElements(pads.Read().view(x.shape));
        destination.copy_(BdiaStep.Previous(new(xNext), pad, new(x), new(h), new(GammaDraw.AsTensor(gamma, x)),
            pads.Denominator, grid).Value);
    }

    public float Euler(Tensor destination, Tensor x, Tensor h, FixedPointGrid grid)
    {
        using var scope = NewDisposeScope();
        var next = BdiaStep.Euler<TensorElements>(new(x), new(h), grid).Value;
        var largest = Largest(next, h);
        destination.copy_(next);
        return largest;
    }

    public float Quantize(Tensor destination, Tensor y, FixedPointGrid grid)
    {
        using var scope = NewDisposeScope();
        var largest = Largest(y);
        destination.copy_(BdiaStep.Quantize<TensorElements>(new(y), grid).Value);
        return largest;
    }

    private static float Largest(params ReadOnlySpan<Tensor> tensors)
    {
        var largest = 0f;
        foreach (var t in tensors)
            if (t.numel() > 0) largest = MathF.Max(largest, t.abs().max().item<float>()); // MathF.Max and max() hand on a NaN
        return largest;
    }
}
