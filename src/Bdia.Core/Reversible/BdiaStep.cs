using Bdia.Core.Numerics;

namespace Bdia.Core.Reversible;

/// <summary>
/// One BDIA update and its exact inverse. Everything else in this library serves these lines; start reading here.
/// </summary>
/// <remarks>
/// <para>Zhang, Lewis, Kleijn, "On Exact Bit-level Reversible Transformers Without Changing Architectures", arXiv 2407.09093, for
/// γ = ±2^-m; here for any ratio of small integers:</para>
/// <code>
/// x_{k+1} = γ (x_{k-1} + r 2^-l) + Q[(1-γ) x_k + (1+γ) h_k(x_k)]        γ = ±p/q,  0 &lt; p ≤ q ≤ 256
/// x_{k-1} = (x_{k+1} - Q[(1-γ) x_k + (1+γ) h_k(x_k)]) / γ - r 2^-l
/// </code>
/// <para>Why it is exact: states are integers times 2^-l. The pad r in 0..q-1 makes x_{k-1} 2^l + r a multiple of q, so its q-th part is
/// an integer, p of them are one, and nothing is rounded away; r, log2 q bits per element, is all that has to be kept. Back, the
/// difference is a multiple of p. Neither γ as a float32 nor its reciprocal takes part in this: both would round. The increment
/// Q[..], which takes γ as it is, is recomputed from x_k with the same operations in the same order, hence the same bits. Sums,
/// differences, quotients and products of integers below 2^24 that are integers are exact in float32 (<see cref="FixedPointGrid.Limit"/>,
/// guarded by the kernels; p ≤ q keeps p q-th parts below what they are parts of).</para>
/// <para>Why "+ 0f": the inverse can meet -0 where +0 went in. Equal values, other bits; adding +0 leaves one zero only.</para>
/// </remarks>
internal static class BdiaStep
{
    /// <summary>x_{k+1}, and the increment, whose magnitude the caller guards.</summary>
    public static T Next<T>(T xPrevious, T pad, T x, T h, T gamma, int denominator, FixedPointGrid grid, out T increment)
        where T : IElements<T>
    {
        increment = Increment(x, h, gamma, grid);
        return (xPrevious + pad * grid.Step) / denominator * Numerator(gamma, denominator) + increment + 0f;
    }

    /// <summary>x_{k-1}: the inverse of <see cref="Next{T}"/>.</summary>
    public static T Previous<T>(T xNext, T pad, T x, T h, T gamma, int denominator, FixedPointGrid grid) where T : IElements<T>
        => (xNext - Increment(x, h, gamma, grid)) / Numerator(gamma, denominator) * denominator - pad * grid.Step + 0f;

    /// <summary>
    /// r = (-x 2^l) mod q, an integer in 0..q-1. Floor makes it right for negative x as well; for q = 2 it is the parity.
    /// </summary>
    /// <remarks>
    /// The quotient is rounded, and could only be wrong by being rounded up to an integer that it does not reach. It is 1/q below one at
    /// least, and its own rounding less: half of the last of 24 bits of a number below 2^24 / q.
    /// </remarks>
    public static T Pad<T>(T x, int denominator, FixedPointGrid grid) where T : IElements<T>
    {
        var n = x * -grid.Scale;
        return n - T.Floor(n / denominator) * denominator;
    }

    /// <summary>x + Q[h]: the first block of a stack, and every block of the standard network at inference (γ = 0).</summary>
    public static T Euler<T>(T x, T h, FixedPointGrid grid) where T : IElements<T> => x + Quantize(h, grid) + 0f;

    /// <summary>Q: the nearest grid value, ties to even.</summary>
    public static T Quantize<T>(T y, FixedPointGrid grid) where T : IElements<T> => T.Round(y * grid.Scale) * grid.Step + 0f;

    // The term both directions must compute bit for bit alike, so it is written once.
    private static T Increment<T>(T x, T h, T gamma, FixedPointGrid grid) where T : IElements<T>
        => Quantize((1f - gamma) * x + (1f + gamma) * h, grid);

    // ±p of γ = ±p/q rounded to float32: far nearer to it than to another integer.
    private static T Numerator<T>(T gamma, int denominator) where T : IElements<T> => T.Round(gamma * denominator);
}
