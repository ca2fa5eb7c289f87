using Bdia.Core.Numerics;

namespace Bdia.Core.Reversible;

/// <summary>
/// What γ is drawn from for every sample and block at a moment of the run: ±p/q with p from <see cref="Least"/> to
/// <see cref="Most"/>, which has an exact inverse; or ± a weight that is taken for no ratio (q = 0), which has none.
/// </summary>
internal readonly record struct IntegrationWeight
{
    private IntegrationWeight(double magnitude, int least, int most, int denominator)
        => (Magnitude, Least, Most, Denominator) = (magnitude, least, most, denominator);

    /// <summary>The largest |γ|.</summary>
    public double Magnitude { get; }

    /// <summary>The smallest p.</summary>
    public int Least { get; }

    /// <summary>The largest p.</summary>
    public int Most { get; }

    /// <summary>q.</summary>
    public int Denominator { get; }

    /// <summary>Bits of a remainder of the division by q, all that an exact step loses; null where there is no exact step.</summary>
    public int? PadBits => Denominator == 0 ? null : PackedPads.Bits(Denominator);

    /// <summary>±p/q, p alike in all draws (<paramref name="least"/> = <paramref name="most"/>) or each as likely.</summary>
    public static IntegrationWeight Ratio(int least, int most, int denominator)
        => new((double)most / denominator, least, most, denominator);

    /// <summary>±2^-m.</summary>
    public static IntegrationWeight Exponent(int m) => Ratio(1, 1, 1 << m);

    /// <summary>± a weight without an exact inverse; 0 is the standard network.</summary>
    public static IntegrationWeight Inexact(double magnitude) => new(magnitude, 0, 0, 0);

    /// <summary>|γ| of one draw.</summary>
    /// <param name="random">32 random bits.</param>
    public float Size(uint random)
        => Least == Most ? (float)Magnitude : (float)(Least + (int)((ulong)random * (uint)(Most - Least + 1) >> 32)) / Denominator;
}
