using System.Text;
using System.Text.RegularExpressions;

namespace Bdia.Core.Text;

/// <summary>The pieces of a normalised text that tokens never cross: words, or characters. Together they are the whole text.</summary>
internal ref struct TextUnits
{
    /// <summary>Most bytes of a unit: a space and 256 characters.</summary>
    public const int MostBytes = 1 + (256 * 4);

    private readonly string _text;
    private readonly bool _characters;
    private Regex.ValueMatchEnumerator _words;
    private int _position;
    private int _length;

    public TextUnits(TokenLevel level, WordRule words, string text)
    {
        _text = text;
        _characters = level == TokenLevel.Character;
        if (!_characters) _words = WordSplitter.Expression(words).EnumerateMatches(text);
    }

    public readonly ReadOnlySpan<char> Current => _text.AsSpan(_position, _length);

    public readonly TextUnits GetEnumerator() => this;

    public bool MoveNext()
    {
        if (!_characters)
        {
            if (!_words.MoveNext()) return false;
            (_position, _length) = (_words.Current.Index, _words.Current.Length);
            return true;
        }

        _position += _length;
        if (_position == _text.Length) return false;
        _length = Rune.GetRuneAt(_text, _position).Utf16SequenceLength;
        return true;
    }
}
