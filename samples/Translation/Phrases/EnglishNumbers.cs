namespace Bdia.Samples.Translation.Phrases;

/// <summary>Numbers in English words.</summary>
internal static class EnglishNumbers
{
    private static readonly string[] Small =
    [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen",
        "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
    ];

    private static readonly string[] Tens = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

    private static readonly Dictionary<string, string> IrregularOrdinals = new()
    {
        ["one"] = "first", ["two"] = "second", ["three"] = "third", ["five"] = "fifth", ["eight"] = "eighth",
            ["nine"] = "ninth", ["twelve"] = "twelfth",
    };

    /// <summary>
    /// A whole number from 0 to 999,999,999: "two thousand and seven", or "two thousand seven" without <paramref name="and"/>.
    /// </summary>
    public static string Cardinal(int number, bool and = true)
    {
        if (number is < 0 or > 999_999_999)
            throw new ArgumentOutOfRangeException(nameof(number), number, "Words reach from 0 to 999,999,999.");
        if (number < 1000) return BelowThousand(number, and);
        var (scale, name) = number >= 1_000_000 ? (1_000_000, "million") : (1000, "thousand");
        var (head, rest) = Math.DivRem(number, scale);
        var link = rest is > 0 and < 100 && and ? " and " : " ";
        return $"{BelowThousand(head, and)} {name}{(rest == 0 ? "" : link + Cardinal(rest, and))}";
    }

    /// <summary>"third", "twenty-first": 1 to 99.</summary>
    public static string Ordinal(int number)
    {
        var cardinal = Cardinal(number);
        var last = cardinal.LastIndexOf('-') + 1;
        var (head, word) = (cardinal[..last], cardinal[last..]);
        if (IrregularOrdinals.TryGetValue(word, out var irregular)) return head + irregular;
        return head + (word.EndsWith('y') ? word[..^1] + "ieth" : word + "th");
    }

    /// <summary>Digits one by one, as behind a decimal point: "one four".</summary>
    public static string Digits(string digits) => string.Join(' ', digits.Select(digit => Small[digit - '0']));

    /// <summary>
    /// A year from 1100 to 2099 as it is said: "nineteen eighty-four", "nineteen oh five", "two thousand and seven", "twenty fourteen".
    /// </summary>
    public static string Year(int year, bool and = true)
    {
        var (century, rest) = Math.DivRem(year, 100);
        if (year is >= 2000 and < 2010) return Cardinal(year, and);
        return rest switch
        {
            0 => $"{Cardinal(century)} hundred",
            < 10 => $"{Cardinal(century)} oh {Small[rest]}",
            _ => $"{Cardinal(century)} {Cardinal(rest)}",
        };
    }

    private static string BelowThousand(int number, bool and)
    {
        if (number < 20) return Small[number];
        if (number < 100) return Tens[number / 10] + (number % 10 == 0 ? "" : "-" + Small[number % 10]);
        var rest = number % 100;
        return $"{Small[number / 100]} hundred{(rest == 0 ? "" : (and ? " and " : " ") + BelowThousand(rest, and))}";
    }
}
