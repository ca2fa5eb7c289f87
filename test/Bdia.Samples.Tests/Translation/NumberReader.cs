namespace Bdia.Samples.Tests.Translation;

/// <summary>Reads English cardinals, written without knowledge of how the sample writes them.</summary>
internal static class NumberReader
{
    private static readonly Dictionary<string, int> Values = new()
    {
        ["zero"] = 0, ["a"] = 1, ["one"] = 1, ["two"] = 2, ["three"] = 3, ["four"] = 4, ["five"] = 5, ["six"] = 6,
            ["seven"] = 7, ["eight"] = 8, ["nine"] = 9,
        ["ten"] = 10, ["eleven"] = 11, ["twelve"] = 12, ["thirteen"] = 13, ["fourteen"] = 14, ["fifteen"] = 15,
            ["sixteen"] = 16, ["seventeen"] = 17,
        ["eighteen"] = 18, ["nineteen"] = 19, ["twenty"] = 20, ["thirty"] = 30, ["forty"] = 40, ["fifty"] = 50,
            ["sixty"] = 60, ["seventy"] = 70,
        ["eighty"] = 80, ["ninety"] = 90,
    };

    /// <summary>The number that words say.</summary>
    public static int Read(string words)
    {
        var (whole, part) = (0, 0);
        foreach (var word in words.Split([' ', '-']))
        {
            if (word == "and") continue;
            if (word == "hundred") part *= 100;
            else if (word == "thousand") (whole, part) = (whole + (part * 1000), 0);
            else if (word == "million") (whole, part) = (whole + (part * 1_000_000), 0);
            else part += Values[word];
        }

        return whole + part;
    }
}
