using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Tests;

/// <summary>What only tests do with tensors and numbers: these too stay alive until libtorch's call has returned.</summary>
internal static class TestMath
{
    public static Tensor Over(this Tensor a, double b) => TensorMath.With(b, scalar => a.div(scalar));

    public static Tensor Remainder(this Tensor a, long b) => TensorMath.With(b, scalar => a.remainder(scalar));

    public static Tensor Clamp(this Tensor a, double least, double most)
        => TensorMath.With(least, most, (min, max) => a.clamp(min, max));

    public static Tensor Above(this Tensor a, double b) => TensorMath.With(b, scalar => a.gt(scalar));

    public static Tensor Below(this Tensor a, double b) => TensorMath.With(b, scalar => a.lt(scalar));

    public static Tensor EqualTo(this Tensor a, double b) => TensorMath.With(b, scalar => a.eq(scalar));

    /// <summary>For tensors of integers, which a fraction would turn into float32.</summary>
    public static Tensor EqualTo(this Tensor a, long b) => TensorMath.With(b, scalar => a.eq(scalar));

    /// <summary>For tensors of integers.</summary>
    public static Tensor NotEqualTo(this Tensor a, long b) => TensorMath.With(b, scalar => a.ne(scalar));

    /// <summary>Sets every element; a truth value, of a mask, is 1 or 0.</summary>
    public static Tensor Fill(this Tensor a, bool value) => a.Fill(value ? 1 : 0);

    /// <summary>Sets every element.</summary>
    public static Tensor Fill(this Tensor a, double value) => TensorMath.With(value, scalar => a.fill_(scalar));

    public static Tensor MaskedFill(this Tensor a, Tensor mask, double value)
        => TensorMath.With(value, scalar => a.masked_fill(mask, scalar));

    public static Tensor MaskedFillInPlace(this Tensor a, Tensor mask, double value)
        => TensorMath.With(value, scalar => a.masked_fill_(mask, scalar));

    public static Tensor Full(long[] shape, double value, ScalarType type = ScalarType.Float32)
        => TensorMath.With(value, scalar => full(shape, scalar, type));
}
