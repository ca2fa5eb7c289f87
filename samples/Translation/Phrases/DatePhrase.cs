namespace Bdia.Samples.Translation.Phrases;

/// <summary>A day: "the third of March nineteen eighty-four" is 1984-03-03.</summary>
internal sealed record DatePhrase(DateOnly Day) : Phrase
{
    /// <summary>Names of the months.</summary>
    public static readonly string[] Months =
        ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

    /// <summary>Any day from 1700 to 2099.</summary>
    public static DatePhrase Draw(Dice dice)
    {
        var (year, month) = (1700 + dice.Below(400), 1 + dice.Below(12));
        return new(new DateOnly(year, month, 1 + dice.Below(DateTime.DaysInMonth(year, month))));
    }

    /// <inheritdoc/>
    public override string Form => $"{Day:yyyy-MM-dd}";

    /// <inheritdoc/>
    public override string Words(Dice dice)
    {
        var (day, month) = (EnglishNumbers.Ordinal(Day.Day), Months[Day.Month - 1]);
        var words = dice.Word($"the {day} of {month}", $"{month} the {day}", $"{month} {day}");
        var weekday = dice.Sometimes(15) ? $"{Day.DayOfWeek}, " : "";
        return weekday + words + dice.Word(" ", ", ") + Year(dice, Day.Year);
    }

    /// <summary>A year in words.</summary>
    public static string Year(Dice dice, int year)
        => dice.Sometimes(30) && year >= 2010 ? EnglishNumbers.Cardinal(year) : EnglishNumbers.Year(year, and: !dice.Sometimes(30));
}
