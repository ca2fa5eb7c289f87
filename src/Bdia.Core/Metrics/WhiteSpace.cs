namespace Bdia.Core.Metrics;

/// <summary>White space as sacreBLEU has it, which is Python's: .NET's, and the four information separators.</summary>
internal static class WhiteSpace
{
    /// <summary>Whether a character is white space. All of it lies in the basic plane.</summary>
    public static bool Is(char c) => char.IsWhiteSpace(c) || c is >= '\u001c' and <= '\u001f';

    /// <summary>A text without the white space at its end.</summary>
    public static ReadOnlySpan<char> TrimEnd(ReadOnlySpan<char> text)
    {
        while (text.Length > 0 && Is(text[^1])) text = text[..^1];
        return text;
    }
}
