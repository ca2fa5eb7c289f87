using System.Globalization;
using System.Text;

namespace Bdia.Core.Metrics;

/// <summary>Lower case as sacreBLEU has it, which is Python's: Unicode's full mapping, with the sigma at the end of a word.</summary>
internal static class LowerCasing
{
    private const int DottedI = 0x130, Sigma = 0x3a3, FinalSigma = 0x3c2;

    /// <summary>A text in lower case.</summary>
    public static string Of(string text)
    {
        if (text.AsSpan().IndexOfAny((char)DottedI, (char)Sigma) < 0) return text.ToLowerInvariant();
        var points = TextCharacters.All(text).ToArray();
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < points.Length; i++)
            result.Append(points[i] == DottedI ? "i\u0307"
                : points[i] == Sigma && EndsWord(points, i) ? TextCharacters.Text(FinalSigma)
                : TextCharacters.Text(points[i]).ToLowerInvariant());
        return result.ToString();
    }

    // A letter with case stands before it and none behind it; what has no say in that (accents, apostrophes) is passed over.
    private static bool EndsWord(int[] points, int place)
    {
        var before = place - 1;
        while (before >= 0 && IsPassedOver(points[before])) before--;
        var behind = place + 1;
        while (behind < points.Length && IsPassedOver(points[behind])) behind++;
        return before >= 0 && HasCase(points[before]) && !(behind < points.Length && HasCase(points[behind]));
    }

    private static bool HasCase(int point) =>
        Category(point) is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
        || point is 0xaa or 0xba or (>= 0x2160 and <= 0x217f) or (>= 0x24b6 and <= 0x24e9);

    private static bool IsPassedOver(int point) =>
        Category(point) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format
            or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol
        || point is '\'' or '.' or ':' or 0xb7 or 0x387 or 0x55f or 0x5f4 or 0x2018 or 0x2019 or 0x2024 or 0x2027
            or 0xfe13 or 0xfe52 or 0xfe55 or 0xff07 or 0xff0e or 0xff1a;

    private static UnicodeCategory Category(int point)
        => Rune.IsValid(point) ? Rune.GetUnicodeCategory(new Rune(point)) : UnicodeCategory.Surrogate;
}
