
namespace Bdia.Core.Numerics;

/// <summary>
/// Random numbers for shuffling, augmentation and mixup. A sequence is derived from the seed and the place in the run, so
/// nothing has to be saved to resume a run.
/// </summary>
/// <param name="key">Start value; equal keys give equal sequences.</param>
internal struct RandomSequence(ulong key)
{
    private const ulong Stride = 0x9E3779B97F4A7C15; // SplitMix64's own: odd, so that all 2^64 states are visited
    private ulong state = key;

    /// <summary>The sequence of one place of a run, independent of those of all other places.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="place">Numbers that name the place, for instance a purpose, an epoch and a row.</param>
    public static RandomSequence At(ulong seed, params ReadOnlySpan<ulong> place)
    {
        var key = SplitMix64.Mix(seed);
        foreach (var coordinate in place) key = SplitMix64.Derive(key, coordinate);
        return new RandomSequence(key);
    }

    /// <summary>The next 64 random bits.</summary>
    public ulong Next() => SplitMix64.Mix(state += Stride);

    /// <summary>The next number in 0..bound-1, each equally likely.</summary>
    /// <param name="bound">At least 1.</param>
    public int Next(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bound, 1);
        var n = (ulong)bound;
        // The high half of a 64 x 64 bit product is uniform once the few low halves that would favour some results are drawn again
        // (Lemire).
        var high = Math.BigMul(Next(), n, out var low);
        for (var rejected = (0 - n) % n; low < rejected;) high = Math.BigMul(Next(), n, out low);
        return (int)high;
    }

    /// <summary>The next number in [0, 1), a multiple of 2^-53.</summary>
    public double NextUniform() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>The next number of the standard normal distribution (Box and Muller).</summary>
    public double NextGaussian()
    {
        var radius = Math.Sqrt(-2 * Math.Log(1 - NextUniform()));
        return radius * Math.Cos(2 * Math.PI * NextUniform());
    }

    /// <summary>The next number of the Beta(a, a) distribution, in 0..1: symmetric about 1/2, near the ends for small a.</summary>
    /// <param name="a">Above 0.</param>
    public double NextBeta(double a)
    {
        // X / (X + Y) of two Gamma(a) numbers; as logarithms, since for small a both are often below the smallest double.
        var (x, y) = (NextLogGamma(a), NextLogGamma(a));
        return 1 / (1 + Math.Exp(y - x));
    }

    /// <summary>Logarithm of a Gamma(a, 1) number: Marsaglia and Tsang (2000) for a + 1, then Gamma(a) = Gamma(a + 1) * U^(1/a).</summary>
    private double NextLogGamma(double a)
    {
        var d = a + 1 - 1.0 / 3;
        var c = 1 / Math.Sqrt(9 * d);
        while (true)
        {
            var z = NextGaussian();
            var v = 1 + c * z;
            if (v <= 0) continue;
            v = v * v * v;
            if (Math.Log(1 - NextUniform()) < 0.5 * z * z + d - d * v + d * Math.Log(v))
                return Math.Log(d * v) + Math.Log(1 - NextUniform()) / a;
        }
    }
}
