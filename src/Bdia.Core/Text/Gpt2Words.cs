using System.Globalization;
using System.Text;
using Microsoft.ML.Tokenizers;

namespace Bdia.Core.Text;

/// <summary>
/// Cuts a text into words as GPT-2 does, whole characters at a time: contractions, letters, numbers, other signs (each run with the space
/// before it), white space. The same as a regular expression in .NET's UTF-16 misses the letters and numbers beyond U+FFFF.
/// </summary>
internal sealed class Gpt2Words : PreTokenizer
{
    // BpeTokenizer's time grows with the square of a word's length.
    private const int LongestWord = 1000;

    private static readonly string[] contractions = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"];

    private enum Kind
    {
        WhiteSpace,
        Letter,
        Number,
        Other,
    }

    public override IEnumerable<(int Offset, int Length)> PreTokenize(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        for (var start = 0; start < text.Length;)
        {
            var length = Word(text, start);
            yield return (start, length);
            start += length;
        }
    }

    public override IEnumerable<(int Offset, int Length)> PreTokenize(ReadOnlySpan<char> text) => PreTokenize(text.ToString());

    private static int Word(string text, int start)
    {
        foreach (var contraction in contractions)
            if (string.CompareOrdinal(text, start, contraction, 0, contraction.Length) == 0) return contraction.Length;
        var at = start;
        if (text[at] == ' ' && at + 1 < text.Length && KindAt(text, at + 1, out _) != Kind.WhiteSpace) at++;
        var kind = KindAt(text, at, out var width);
        for (var count = 1; at + width < text.Length && count < LongestWord && KindAt(text, at + width, out var next) == kind; count++)
            width += next;
        // What follows white space takes its last character along: a space for the word, anything else for itself.
        if (kind == Kind.WhiteSpace && width > 1 && at + width < text.Length && KindAt(text, at + width, out _) != Kind.WhiteSpace) width--;
        return at + width - start;
    }

    private static Kind KindAt(string text, int at, out int width)
    {
        Rune.DecodeFromUtf16(text.AsSpan(at), out var rune, out width);
        return Rune.IsWhiteSpace(rune) ? Kind.WhiteSpace
            : Rune.IsLetter(rune) ? Kind.Letter
            : Rune.GetUnicodeCategory(rune) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber
                or UnicodeCategory.OtherNumber ? Kind.Number
            : Kind.Other;
    }
}
