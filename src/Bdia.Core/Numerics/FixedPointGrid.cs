namespace Bdia.Core.Numerics;

/// <summary>
/// The grid of multiples of 2^-l on which all states of a reversible stack live, held in float32.
/// </summary>
/// <remarks>
/// A float32 holds every integer up to 2^24 exactly, so a grid value x is exact while |x| 2^l stays within 2^24. Beyond it the
/// update would still run, and its inverse would silently miss; hence <see cref="Limit"/> and a guard in every kernel.
/// </remarks>
internal readonly record struct FixedPointGrid
{
    /// <summary>Lowest and highest number of fractional bits accepted.</summary>
    public const int MinFractionBits = 1, MaxFractionBits = 20;

    private const int MantissaBits = 24;

    /// <param name="fractionBits">l: the grid step is 2^-l.</param>
    public FixedPointGrid(int fractionBits)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(fractionBits, MinFractionBits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(fractionBits, MaxFractionBits);
        FractionBits = fractionBits;
        Scale = 1 << fractionBits;
        Step = 1f / Scale;
    }

    public int FractionBits { get; }

    /// <summary>2^l.</summary>
    public float Scale { get; }

    /// <summary>2^-l.</summary>
    public float Step { get; }

    /// <summary>
    /// The largest magnitude a state or an increment may have: a pad of m bits, up to 2^m - 1 steps, must still fit below 2^24 steps.
    /// </summary>
    public float Limit(int padBits) => ((1 << MantissaBits) - (1 << padBits)) * Step;
}
