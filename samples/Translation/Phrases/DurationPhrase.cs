namespace Bdia.Samples.Translation.Phrases;

/// <summary>A duration: "three years, two months and a day" is P3Y2M1D, "two hours and five minutes" is PT2H5M.</summary>
/// <param name="Parts">How many of each unit, from years to seconds; 0 is left out.</param>
internal sealed record DurationPhrase(IReadOnlyList<int> Parts) : Phrase
{
    private static readonly (string Name, char Letter, int Most)[] Units =
        [("year", 'Y', 99), ("month", 'M', 11), ("day", 'D', 30), ("hour", 'H', 23), ("minute", 'M', 59), ("second", 'S', 59)];

    private const int FirstOfTime = 3;

    /// <summary>One unit to three, next to each other.</summary>
    public static DurationPhrase Draw(Dice dice)
    {
        var count = 1 + dice.Below(3);
        var first = dice.Below(Units.Length + 1 - count);
        return new([.. Units.Select((unit, i) => i >= first && i < first + count ? 1 + dice.Below(count == 1 ? 120 : unit.Most) : 0)]);
    }

    /// <inheritdoc/>
    public override string Form
    {
        get
        {
            string Part(int from, int to) =>
                string.Concat(Enumerable.Range(from, to - from).Where(i => Parts[i] > 0).Select(i => $"{Parts[i]}{Units[i].Letter}"));
            var time = Part(FirstOfTime, Units.Length);
            return $"P{Part(0, FirstOfTime)}{(time.Length > 0 ? "T" + time : "")}";
        }
    }

    /// <inheritdoc/>
    public override string Words(Dice dice)
    {
        var words = Units.Select((unit, i) => (unit.Name, Count: Parts[i])).Where(part => part.Count > 0)
            .Select(part => Named(dice, part.Name, part.Count)).ToArray();
        return words.Length == 1 ? words[0] : $"{string.Join(", ", words[..^1])} and {words[^1]}";
    }

    private static string Named(Dice dice, string name, int count)
        => count == 1 ? $"{dice.Word("one", name == "hour" ? "an" : "a")} {name}" : $"{EnglishNumbers.Cardinal(count)} {name}s";
}
