namespace Bdia.Core.Metrics;

/// <summary>Texts as Unicode code points, which is what sacreBLEU's characters are. A lone surrogate stands for itself.</summary>
internal static class TextCharacters
{
    /// <summary>The code points of a text without white space.</summary>
    public static int[] Of(string text) => [.. All(text).Where(point => !WhiteSpace.Is(point))];

    /// <summary>All code points of a text.</summary>
    public static IEnumerable<int> All(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var pair = i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]);
            yield return pair ? char.ConvertToUtf32(text[i], text[++i]) : text[i];
        }
    }

    /// <summary>The text of a code point.</summary>
    public static string Text(int point) => point is >= 0xd800 and <= 0xdfff ? ((char)point).ToString() : char.ConvertFromUtf32(point);
}
