using Bdia.Core.Common;

namespace Bdia.Core.Reversible;

/// <summary>
/// Scoring by several networks in one: passes with weights γ as training draws them, whose probabilities are averaged, in place of the
/// standard network (γ = 0), which is their mean. It takes <see cref="Passes"/> times as long. Of a network that was trained with strong γ
/// and knows its rows by heart, probabilities become more honest; others gain nothing (docs/results has what was measured).
/// </summary>
/// <remarks>
/// A block has the same sign for all rows of a pass, so that a row's scores do not depend on the rows beside it, and the same signs every
/// time; those of every second pass are the opposite of the ones before.
/// </remarks>
public sealed record GammaEnsemble
{
    /// <summary>Passes, 2..256. Default 8.</summary>
    public int Passes { get; init; } = 8;

    /// <summary>|γ|, above 0, at most 1: as in training. Default 1/2, the paper's.</summary>
    public double Gamma { get; init; } = 0.5;

    /// <summary>Throws if a value is out of range.</summary>
    /// <exception cref="ArgumentException">The message lists all faults.</exception>
    public void Validate()
    {
        var faults = new OptionFaults();
        faults.Require(Passes is >= 2 and <= 256, nameof(Passes), Passes, "2..256");
        faults.Require(Gamma is > 0 and <= 1, nameof(Gamma), Gamma, "above 0, at most 1");
        faults.ThrowIfAny("The ensemble");
    }

    internal GammaSigns Pass(int pass) => new(pass, Gamma);
}
