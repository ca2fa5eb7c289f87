namespace Bdia.Samples.Translation.Phrases;

/// <summary>Days of one month: "from the third to the ninth of March nineteen eighty-four" is 1984-03-03/1984-03-09.</summary>
internal sealed record PeriodPhrase(DateOnly First, DateOnly Last) : Phrase
{
    /// <summary>Any two days of a month.</summary>
    public static PeriodPhrase Draw(Dice dice)
    {
        var day = DatePhrase.Draw(dice).Day;
        var other = new DateOnly(day.Year, day.Month, 1 + dice.Below(DateTime.DaysInMonth(day.Year, day.Month)));
        return day <= other ? new(day, other) : new(other, day);
    }

    /// <inheritdoc/>
    public override string Form => $"{First:yyyy-MM-dd}/{Last:yyyy-MM-dd}";

    /// <inheritdoc/>
    public override string Words(Dice dice)
    {
        var (first, last) = (EnglishNumbers.Ordinal(First.Day), EnglishNumbers.Ordinal(Last.Day));
        var (month, year) = (DatePhrase.Months[First.Month - 1], DatePhrase.Year(dice, First.Year));
        return dice.Word($"from the {first} to the {last} of {month} {year}", $"from {month} the {first} to {month} the {last}, {year}",
            $"between the {first} and the {last} of {month}, {year}");
    }
}
