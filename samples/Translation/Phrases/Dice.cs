using Bdia.Samples.Common.Data;

namespace Bdia.Samples.Translation.Phrases;

/// <summary>The random choices of one row: what it says, and in which words.</summary>
/// <param name="seed">Everything that is drawn derives from it.</param>
/// <param name="plain">Whether every choice of words falls on the first: one wording for each meaning.</param>
internal sealed class Dice(ulong seed, bool plain)
{
    private SplitMix64 random = new(seed);

    /// <summary>Part of a meaning: uniform in 0 .. count - 1.</summary>
    public int Below(int count) => random.Below(count);

    /// <summary>
    /// Part of a meaning: a number from 1 to 10^digits - 1, short ones as often as long ones, round ones more often than by chance.
    /// </summary>
    public int Number(int digits)
    {
        var length = 1 + Below(digits);
        var scale = Power(length - 1);
        var number = scale + Below(9 * scale);
        var zeros = Below(3) == 0 ? Below(length) : 0;
        return number / Power(zeros) * Power(zeros);
    }

    /// <summary>A choice of words.</summary>
    public string Word(params ReadOnlySpan<string> words) => words[plain ? 0 : random.Below(words.Length)];

    /// <summary>A choice of words that is taken in so many cases of a hundred.</summary>
    public bool Sometimes(int percent) => !plain && random.Below(100) < percent;

    private static int Power(int exponent) => exponent == 0 ? 1 : 10 * Power(exponent - 1);
}
