using System.Globalization;

namespace Bdia.Samples.Translation.Phrases;

/// <summary>A number: "minus three hundred and five point one four" is -305.14, "seventeen per cent" is 17 %.</summary>
/// <param name="Negative">Whether it is below zero.</param>
/// <param name="Number">Its whole part.</param>
/// <param name="Decimals">Digits behind the point, or none.</param>
/// <param name="Percent">Whether it counts hundredths.</param>
internal sealed record NumberPhrase(bool Negative, int Number, string Decimals, bool Percent) : Phrase
{
    /// <summary>Numbers of up to seven digits; up to three with decimals or as a percentage.</summary>
    public static NumberPhrase Draw(Dice dice)
    {
        var (negative, percent, decimals) = (dice.Below(4) == 0, dice.Below(4) == 0, dice.Below(3) == 0 ? 1 + dice.Below(3) : 0);
        var number = dice.Number(percent || decimals > 0 ? 3 : 7);
        if (decimals > 0 && dice.Below(5) == 0) number = 0;
        return new(negative, number, string.Concat(Enumerable.Range(0, decimals).Select(_ => (char)('0' + dice.Below(10)))), percent);
    }

    /// <summary>A whole number in words.</summary>
    public static string Whole(Dice dice, int number)
    {
        var words = EnglishNumbers.Cardinal(number, and: !dice.Sometimes(30));
        var isOneOfMany = words.StartsWith("one hundred", StringComparison.Ordinal)
            || words.StartsWith("one thousand", StringComparison.Ordinal) || words.StartsWith("one million", StringComparison.Ordinal);
        return isOneOfMany && dice.Sometimes(50) ? "a" + words[3..] : words;
    }

    /// <inheritdoc/>
    public override string Form
        => (Negative ? "-" : "") + Number.ToString(CultureInfo.InvariantCulture) + (Decimals.Length > 0 ? $".{Decimals}" : "")
        + (Percent ? " %" : "");

    /// <inheritdoc/>
    public override string Words(Dice dice) => (Negative ? dice.Word("minus ", "negative ") : "") + Whole(dice, Number)
        + (Decimals.Length > 0 ? $" point {EnglishNumbers.Digits(Decimals)}" : "") + (Percent ? dice.Word(" per cent", " percent") : "");
}
