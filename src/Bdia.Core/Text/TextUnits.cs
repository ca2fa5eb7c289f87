using System.Text;
using System.Text.RegularExpressions;

namespace Bdia.Core.Text;

/// <summary>The pieces of a normalised text that tokens never cross: words, or characters. Together they are the whole text.</summary>
internal ref struct TextUnits
{
    /// <summary>Most bytes of a unit: a space and 256 characters.</summary>
    public const int MostBytes = 1 + (256 * 4);

    private readonly string text;
    private readonly bool characters;
    private Regex.ValueMatchEnumerator words;
    private int position;
    private int length;

    public TextUnits(TokenLevel level, WordRule words, string text)
    {
        this.text = text;
        characters = level == TokenLevel.Character;
        if (!characters) this.words = WordSplitter.Expression(words).EnumerateMatches(text);
    }

    public readonly ReadOnlySpan<char> Current => text.AsSpan(position, length);

    public readonly TextUnits GetEnumerator() => this;

    public bool MoveNext()
    {
        if (!characters)
        {
            if (!words.MoveNext()) return false;
            (position, length) = (words.Current.Index, words.Current.Length);
            return true;
        }

        position += length;
        if (position == text.Length) return false;
        length = Rune.GetRuneAt(text, position).Utf16SequenceLength;
        return true;
    }
}
