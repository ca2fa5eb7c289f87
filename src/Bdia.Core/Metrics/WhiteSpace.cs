namespace Bdia.Core.Metrics;

/// <summary>White space as sacreBLEU has it, which is Python's: .NET's, and the four information separators.</summary>
internal static class WhiteSpace
{
    /// <summary>Whether a character is white space. All of it lies in the basic plane.</summary>
    public static bool Is(char c) => char.IsWhiteSpace(c) || c is >= '\u001c' and <= '\u001f';

    /// <summary>Whether a code point is white space.</summary>
    public static bool Is(int point) => point <= char.MaxValue && Is((char)point);

    /// <summary>What white space parts.</summary>
    public static IReadOnlyList<string> Split(string text)
    {
        List<string> parts = [];
        for (var i = 0; i < text.Length;)
        {
            var from = i;
            while (i < text.Length && !Is(text[i])) i++;
            if (i > from) parts.Add(text[from..i]);
            else i++;
        }

        return parts;
    }

    /// <summary>A text without the white space at its ends.</summary>
    public static ReadOnlySpan<char> Trim(ReadOnlySpan<char> text)
    {
        while (text.Length > 0 && Is(text[0])) text = text[1..];
        return TrimEnd(text);
    }

    /// <summary>A text without the white space at its end.</summary>
    public static ReadOnlySpan<char> TrimEnd(ReadOnlySpan<char> text)
    {
        while (text.Length > 0 && Is(text[^1])) text = text[..^1];
        return text;
    }
}
