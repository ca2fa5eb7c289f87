using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tensors;

/// <summary>
/// Sums and multiples of tensors that survive garbage collection.
/// </summary>
/// <remarks>
/// TorchSharp 0.107 wraps every number it hands to libtorch in a finalisable <see cref="Scalar"/> and does not keep it alive during the
/// native call. The collector may free it in the middle: rarely an exception, otherwise a wrong number. <c>a + b</c> on tensors is such
/// a call (its hidden factor is 1). Here a scalar lives until the call is over; a test sees to it that nothing in this library does it
/// otherwise.
/// </remarks>
internal static class TensorMath
{
    private static readonly Scalar Zero = 0, One = 1, Two = 2;

    public static Tensor Plus(this Tensor a, Tensor b) => a.add(b, One);

    public static Tensor Plus(this Tensor a, double b) => With(b, scalar => a.add(scalar, One));

    public static Tensor PlusInPlace(this Tensor a, Tensor b) => a.add_(b, One);

    public static Tensor PlusInPlace(this Tensor a, double b) => With(b, scalar => a.add_(scalar, One));

    /// <summary>For tensors of integers, which take no fraction in place.</summary>
    public static Tensor PlusInPlace(this Tensor a, long b) => With(b, scalar => a.add_(scalar, One));

    /// <summary>a += b * factor.</summary>
    public static Tensor PlusInPlace(this Tensor a, Tensor b, double factor) => With(factor, scalar => a.add_(b, scalar));

    public static Tensor Times(this Tensor a, double b) => With(b, scalar => a.mul(scalar));

    public static Tensor TimesInPlace(this Tensor a, double b) => With(b, scalar => a.mul_(scalar));

    /// <summary>For tensors of integers, which take no fraction in place.</summary>
    public static Tensor TimesInPlace(this Tensor a, long b) => With(b, scalar => a.mul_(scalar));

    public static Tensor Squared(this Tensor a) => a.pow(Two);

    /// <summary>Calls libtorch with a number that stays alive until the call has returned.</summary>
    public static Tensor With(double number, Func<Scalar, Tensor> call)
    {
        using Scalar scalar = number;
        return call(scalar);
    }

    /// <summary>Calls libtorch with an integer that stays alive until the call has returned.</summary>
    public static Tensor With(long number, Func<Scalar, Tensor> call)
    {
        using Scalar scalar = number;
        return call(scalar);
    }

    /// <summary>Calls libtorch with two numbers that stay alive until the call has returned.</summary>
    public static Tensor With(double first, double second, Func<Scalar, Scalar, Tensor> call)
    {
        using Scalar a = first, b = second;
        return call(a, b);
    }

    /// <summary>0, 1, ... count - 1, as int64.</summary>
    public static Tensor Range(long count, Device device) => With(count, end => arange(Zero, end, One, int64, device));
}
