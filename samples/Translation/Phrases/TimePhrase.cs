namespace Bdia.Samples.Translation.Phrases;

/// <summary>A time of day: "a quarter to nine in the evening" is 20:45.</summary>
internal sealed record TimePhrase(int Hour, int Minute) : Phrase
{
    /// <summary>Any minute of a day.</summary>
    public static TimePhrase Draw(Dice dice) => new(dice.Below(24), dice.Below(3) == 0 ? 15 * dice.Below(4) : dice.Below(60));

    /// <inheritdoc/>
    public override string Form => $"{Hour:00}:{Minute:00}";

    /// <inheritdoc/>
    public override string Words(Dice dice)
    {
        if (Hour % 12 == 0 && Minute == 0 && !dice.Sometimes(30)) return Hour == 0 ? "midnight" : "noon";
        return dice.Word($"{Clock(dice)} {PartOfDay}", $"{Digital(dice)} {(Hour < 12 ? "a.m." : "p.m.")}");
    }

    private string PartOfDay => Hour switch
    {
        < 5 or >= 21 => "at night",
        < 12 => "in the morning",
        < 18 => "in the afternoon",
        _ => "in the evening",
    };

    /// <summary>Against the hour that is nearer.</summary>
    private string Clock(Dice dice)
    {
        var (distance, link, hour) = Minute <= 30 ? (Minute, "past", Hour) : (60 - Minute, "to", Hour + 1);
        var name = Name(hour);
        return distance switch
        {
            0 => $"{name} o'clock",
            15 => $"{dice.Word("a quarter", "quarter")} {link} {name}",
            30 => $"half past {name}",
            _ when distance % 5 == 0 => $"{EnglishNumbers.Cardinal(distance)} {link} {name}",
            _ => $"{EnglishNumbers.Cardinal(distance)} minute{(distance == 1 ? "" : "s")} {link} {name}",
        };
    }

    /// <summary>Hour and minute one after the other.</summary>
    private string Digital(Dice dice) => Minute switch
    {
        0 => Name(Hour),
        < 10 => $"{Name(Hour)} {dice.Word("oh", "zero")} {EnglishNumbers.Cardinal(Minute)}",
        _ => $"{Name(Hour)} {EnglishNumbers.Cardinal(Minute)}",
    };

    private static string Name(int hour) => EnglishNumbers.Cardinal(hour % 12 == 0 ? 12 : hour % 12);
}
