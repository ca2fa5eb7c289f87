using Bdia.Core.Numerics;
using Bdia.Core.Simd;
using static TorchSharp.torch;

namespace Bdia.Core.Reversible;

/// <summary>
/// Runs <see cref="BdiaStep"/> over whole states. Implementations differ in speed and device, never in a bit. All tensors are
/// contiguous float32 of one shape (B, ...); the destination may be any of the inputs. Methods that can leave the exact range return
/// the largest magnitude met (NaN when there was one), for the caller's guard.
/// </summary>
internal interface IStepKernel
{
    /// <summary>Writes x_{k+1} to the destination and the pads of x_{k-1} to <paramref name="pads"/>.</summary>
    float Next(Tensor destination, Tensor xPrevious, Tensor x, Tensor h, float[] gamma, PackedPads pads, FixedPointGrid grid);

    /// <summary>Writes x_{k-1} to the destination.</summary>
    void Previous(Tensor destination, Tensor xNext, Tensor x, Tensor h, float[] gamma, PackedPads pads, FixedPointGrid grid);

    /// <summary>Writes x + Q[h] to the destination.</summary>
    float Euler(Tensor destination, Tensor x, Tensor h, FixedPointGrid grid);

    /// <summary>Writes Q[y] to the destination.</summary>
    float Quantize(Tensor destination, Tensor y, FixedPointGrid grid);
}

/// <summary>Which kernel serves which tensor.</summary>
internal static class StepKernel
{
    public static IStepKernel For(Tensor x) => CpuKernels.Serve(x) ? SimdStepKernel.Instance : TensorStepKernel.Instance;
}
