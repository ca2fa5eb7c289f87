using Bdia.Core.Native;
using static TorchSharp.torch;

namespace Bdia.Core.Operations;

/// <summary>
/// Matrix products of bfloat16 where libtorch has none that are fast: on x86 processors without AVX-512 it takes one element at a time, at
/// a hundredth of float32's rate. There the operands, rounded to bfloat16, are multiplied in float32, and the result is rounded: what
/// instructions for bfloat16 do, which sum in float32 as well.
/// </summary>
internal static class BFloat16Products
{
    /// <summary>The number format in which a product of operands of that type is taken.</summary>
    /// <param name="type">Of the operands.</param>
    /// <param name="device">Where they are.</param>
    public static ScalarType TypeOf(ScalarType type, TorchSharp.DeviceType device)
        => type == ScalarType.BFloat16 && device == TorchSharp.DeviceType.CPU && AreSlow ? ScalarType.Float32 : type;

    private static bool AreSlow => !BdiaRuntime.HasBFloat16Products;

    /// <summary>Values of a type, in the number format of products.</summary>
    public static Tensor Operand(Tensor t, ScalarType type)
    {
        var rounded = t.dtype == type ? t : t.to(type);
        var taken = TypeOf(type, t.device_type);
        return taken == type ? rounded : rounded.to(taken);
    }
}
