namespace Bdia.Samples.Common.Data;

/// <summary>
/// A tiny generator of random numbers, one for each row, so that row number i is the same whatever else is generated, on every machine.
/// <see cref="Random"/> promises neither.
/// </summary>
internal struct SplitMix64(ulong seed)
{
    private ulong state = seed;

    public ulong Next() => Mix(state += 0x9E3779B97F4A7C15);

    /// <summary>Uniform in [low, high).</summary>
    public float Uniform(float low, float high) => low + ((high - low) * ((Next() >> 40) * (1f / (1 << 24))));

    /// <summary>Uniform in 0 .. count - 1.</summary>
    public int Below(int count) => (int)(Next() % (uint)count);

    /// <summary>Roughly normal with mean 0 and standard deviation 1: the sum of four uniform numbers.</summary>
    public float Noise()
    {
        var bits = Next();
        var sum = (bits & 0xFFFF) + ((bits >> 16) & 0xFFFF) + ((bits >> 32) & 0xFFFF) + (bits >> 48);
        return ((sum / 65536f) - 2f) * 1.7320508f;
    }

    /// <summary>Spreads a number over all 64 bits; one to one.</summary>
    public static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
