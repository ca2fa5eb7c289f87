namespace Bdia.Core.Numerics;

/// <summary>
/// Counter-based random numbers: a value is a function of its key alone, so anything drawn can be drawn again without keeping
/// state. The mixer is the finaliser of SplitMix64 (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", 2014).
/// </summary>
internal static class SplitMix64
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    /// <summary>A well-mixed 64-bit function of one value.</summary>
    public static ulong Mix(ulong value)
    {
        value += Golden;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    /// <summary>A key derived from a key and one more coordinate; the order of the coordinates matters.</summary>
    public static ulong Derive(ulong key, ulong coordinate) => Mix(key ^ Mix(coordinate));

    /// <summary>Uniform in [0, 1) with 53 random bits.</summary>
    public static double Uniform(ulong key) => (Mix(key) >> 11) * (1.0 / (1UL << 53));
}
