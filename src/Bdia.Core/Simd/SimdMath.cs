using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Bdia.Core.Simd;

/// <summary>
/// Functions of SIMD registers. The bits of an element depend neither on its neighbours nor on the width of the register.
/// </summary>
internal static class SimdMath
{
    /// <inheritdoc cref="Exp{S, V}"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Exp(Vector256<float> x) => Exp<Simd256, Vector256<float>>(x);

    /// <inheritdoc cref="Exp{S, V}"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp(Vector512<float> x) => Exp<Simd512, Vector512<float>>(x);

    /// <summary>eˣ, wrong by at most one unit in the last place; 0 and ∞ where float32 ends, NaN of NaN.</summary>
    /// <remarks>
    /// x = n ln 2 + r with integral n and |r| ≤ ln 2 / 2 (Cody and Waite 1980: ln 2 in two parts, so that r is right to the last bit), and
    /// eʳ by the polynomial of Cephes' expf (Moshier 1992).
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Exp<S, V>(V x) where S : struct, ISimd<V> where V : struct
    {
        // e⁸⁹ is beyond float32, e⁻¹⁰⁴ below half of its smallest number. 1.5 · 2²³ added rounds to whole numbers.
        x = S.Min(S.Broadcast(89), S.Max(S.Broadcast(-104), x));
        var rounder = S.Broadcast(12582912);
        var n = S.Subtract(S.MultiplyAdd(x, S.Broadcast(1.44269504f), rounder), rounder);
        var r = S.MultiplyAdd(n, S.Broadcast(-0.693359375f), x);
        r = S.MultiplyAdd(n, S.Broadcast(2.12194440e-4f), r);
        var p = S.MultiplyAdd(r, S.Broadcast(1.9875691500e-4f), S.Broadcast(1.3981999507e-3f));
        p = S.MultiplyAdd(p, r, S.Broadcast(8.3334519073e-3f));
        p = S.MultiplyAdd(p, r, S.Broadcast(4.1665795894e-2f));
        p = S.MultiplyAdd(p, r, S.Broadcast(1.6666665459e-1f));
        p = S.MultiplyAdd(p, r, S.Broadcast(5.0000001201e-1f));
        p = S.Add(S.MultiplyAdd(p, S.Multiply(r, r), r), S.Broadcast(1));
        return S.TimesPowerOfTwo(p, n);
    }
}
