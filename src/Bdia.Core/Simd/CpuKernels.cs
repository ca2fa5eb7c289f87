using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Simd;

/// <summary>
/// Whether a kernel of ours computes an operation, or libtorch does. An operation has one face, which holds libtorch's form and asks here;
/// nobody else does (docs/decisions/one-face-per-operation.md).
/// </summary>
internal static class CpuKernels
{
    /// <summary>
    /// Whether this processor has registers of eight numbers and multiplies and adds in one instruction. Elsewhere kernels are right all
    /// the same, but those of matrix products are slower than libtorch's operations.
    /// </summary>
    private static readonly bool AreWide = Vector256.IsHardwareAccelerated && Fma.IsSupported;

    /// <summary>
    /// Whether a tensor is what kernels read: float32 in CPU memory. By type and place alone, so that the answer is the same for all
    /// evaluations of a network.
    /// </summary>
    /// <param name="x">The operand that tells.</param>
    /// <param name="multiplies">Whether the kernel is one of matrix products, which are worth their while in wide registers alone.</param>
    public static bool Serve(Tensor x, bool multiplies = false)
        => x.device_type == DeviceType.CPU && x.dtype == ScalarType.Float32 && (AreWide || !multiplies);
}
