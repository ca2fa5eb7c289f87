using System.Globalization;
using System.Text;

namespace Bdia.Core.Metrics;

/// <summary>
/// The tokenisation "intl" of sacreBLEU, after mteval-v14: punctuation is parted from what is no number before or behind it, and every
/// symbol stands alone. As there, a stop behind a number at the end of a text stays with the number.
/// </summary>
/// <remarks>Each of the three rules goes over the whole text once, and does not look again at a character that it has just used.</remarks>
internal static class TokenizerIntl
{
    private const int Space = ' ';

    /// <summary>The tokens of a text.</summary>
    public static IReadOnlyList<string> Tokenize(string text)
    {
        var points = TextCharacters.All(text[..WhiteSpace.TrimEnd(text).Length]).ToList();
        points = Part(points, point => !IsNumber(point), IsPunctuation, (before, stop) => [before, Space, stop, Space]);
        points = Part(points, IsPunctuation, point => !IsNumber(point), (stop, behind) => [Space, stop, Space, behind]);
        return WhiteSpace.Split(string.Concat(points.SelectMany<int,
            int>(point => IsSymbol(point) ? [Space, point, Space] : [point]).Select(TextCharacters.Text)));
    }

    private static List<int> Part(List<int> points, Func<int, bool> first, Func<int, bool> second, Func<int, int, int[]> parted)
    {
        var result = new List<int>(points.Count);
        for (var i = 0; i < points.Count; i++)
        {
            if (i + 1 < points.Count && first(points[i]) && second(points[i + 1])) result.AddRange(parted(points[i], points[++i]));
            else result.Add(points[i]);
        }

        return result;
    }

    private static bool IsNumber(int point) =>
        Category(point) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    private static bool IsPunctuation(int point)
        => Category(point) is >= UnicodeCategory.ConnectorPunctuation and <= UnicodeCategory.OtherPunctuation;

    private static bool IsSymbol(int point) => Category(point) is >= UnicodeCategory.MathSymbol and <= UnicodeCategory.OtherSymbol;

    private static UnicodeCategory Category(int point)
        => Rune.IsValid(point) ? Rune.GetUnicodeCategory(new Rune(point)) : UnicodeCategory.Surrogate;
}
