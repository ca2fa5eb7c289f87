namespace Bdia.Core.Text;

/// <summary>
/// SentencePiece models whose pieces are whole words, each with the space before it, or single characters and user-defined symbols.
/// </summary>
internal sealed class UnitSegmenter(SentencePieceVocabulary vocabulary, bool words) : ISegmenter
{
    public IReadOnlyList<(int Length, int Id)> Cut(ReadOnlySpan<byte> text)
    {
        var pieces = new List<(int Length, int Id)>();
        while (text.Length > 0)
        {
            var length = words ? Word(text) : Character(text);
            pieces.Add((length, vocabulary.IdOf(text[..length])));
            text = text[length..];
        }

        return pieces;
    }

    private static int Word(ReadOnlySpan<byte> text)
    {
        var first = Utf8.CharacterLength(text);
        var space = text[first..].IndexOf(SentencePieceNormalizer.SpaceSymbol);
        return space < 0 ? text.Length : first + space;
    }

    private int Character(ReadOnlySpan<byte> text)
        => vocabulary.Symbols.LongestPrefix(text) is var symbol and > 0 ? symbol : Utf8.CharacterLength(text);
}
