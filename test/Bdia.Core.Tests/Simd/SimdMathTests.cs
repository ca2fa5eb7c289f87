using System.Runtime.Intrinsics;
using Bdia.Core.Simd;

namespace Bdia.Core.Tests.Simd;

/// <summary>Functions of SIMD registers against <see cref="Math"/>.</summary>
public class SimdMathTests
{
    [Fact]
    public void Exp_is_right_to_one_unit_in_the_last_place_everywhere()
    {
        // Every 509th of all bit patterns: 8.4 million, all exponents, both signs, denormals, infinities and NaN among them.
        var x = new float[16];
        var worst = 0.0;
        for (var bits = 0L; bits < 1L << 32;)
        {
            for (var i = 0; i < x.Length; i++, bits += 509) x[i] = BitConverter.Int32BitsToSingle(unchecked((int)bits));
            var exp = SimdMath.Exp(Vector512.Create(x));
            for (var i = 0; i < x.Length; i++) worst = Math.Max(worst, Error(x[i], exp[i]));
        }

        Assert.InRange(worst, 0.5, 1);
    }

    [Fact]
    public void Exp_ends_where_float32_ends()
    {
        Assert.Equal(0, Exp(float.NegativeInfinity));
        Assert.Equal(0, Exp(float.MinValue));
        Assert.Equal(0, Exp(-103.98f));
        Assert.Equal(float.Epsilon, Exp(-103.97f));
        Assert.Equal(1, Exp(0));
        Assert.Equal(1, Exp(-0f));
        Assert.InRange(Exp(88.7228f), 3.4e38f, float.MaxValue);
        Assert.Equal(float.PositiveInfinity, Exp(88.7229f));
        Assert.Equal(float.PositiveInfinity, Exp(float.MaxValue));
        Assert.Equal(float.PositiveInfinity, Exp(float.PositiveInfinity));
        Assert.True(float.IsNaN(Exp(float.NaN)));
    }

    [Fact]
    public void Exp_has_the_same_bits_in_registers_of_any_width()
    {
        var x = new float[16];
        for (var start = -110f; start < 95; start += 0.37f)
        {
            for (var i = 0; i < x.Length; i++) x[i] = start + i * 0.0231f;
            var wide = SimdMath.Exp(Vector512.Create(x));
            Assert.Equal(wide.GetLower(), SimdMath.Exp(Vector256.Create(x)));
            Assert.Equal(wide.GetUpper(), SimdMath.Exp(Vector256.Create(x, 8)));
        }
    }

    private static float Exp(float x) => SimdMath.Exp(Vector256.Create(x))[0];

    // In units of the last place of the exact result; 0 where both are NaN, or infinite, or beyond float32 in the same direction.
    private static double Error(float x, float exp)
    {
        var exact = Math.Exp(x);
        if (double.IsNaN(exact)) return float.IsNaN(exp) ? 0 : double.PositiveInfinity;
        if (float.IsInfinity((float)exact)) return exp == float.PositiveInfinity ? 0 : double.PositiveInfinity;
        var unit = (double)Math.Max(MathF.BitIncrement((float)exact) - (float)exact, float.Epsilon);
        if (double.IsInfinity(unit)) unit = Math.Pow(2, 104); // of the largest number
        return Math.Abs(exp - exact) / unit;
    }
}
