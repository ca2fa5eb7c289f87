using Bdia.Core.Simd;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Operations;

/// <summary>Where operations are taken by kernels of our own: on a CPU whose vector instructions they are written for, in float32.</summary>
internal static class CpuKernels
{
    /// <summary>Whether they serve a tensor; elsewhere libtorch's operations do. The same for every evaluation of a block.</summary>
    public static bool Serve(Tensor x) => x.device_type == DeviceType.CPU && x.dtype == ScalarType.Float32 && AttentionKernel.IsAccelerated;
}
