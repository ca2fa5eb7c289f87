using System.Buffers;

namespace Bdia.Core.Text;

/// <summary>
/// What a SentencePiece model does to texts before it cuts them. Field numbers and defaults are those of NormalizerSpec in
/// sentencepiece_model.proto.
/// </summary>
internal sealed class SentencePieceNormalizer
{
    private const byte Space = (byte)' ';

    /// <summary>The rules for characters; null = they stay as they are.</summary>
    public CharacterMap? Rules { get; set; }

    /// <summary>Whether a space is put before (or behind) every text.</summary>
    public bool AddDummyPrefix { get; set; } = true;

    /// <summary>Whether that space stands behind the text.</summary>
    public bool SpaceBehind { get; set; }

    /// <summary>Whether spaces at the ends are taken away, and one is left of several.</summary>
    public bool RemoveExtraSpaces { get; set; } = true;

    /// <summary>Whether a space becomes U+2581.</summary>
    public bool EscapeSpaces { get; set; } = true;

    /// <summary>Symbols that stay whole and as they are; null = none.</summary>
    public PieceTrie? Symbols { get; set; }

    /// <summary>U+2581 in UTF-8, which pieces have for a space.</summary>
    public static ReadOnlySpan<byte> SpaceSymbol => "\u2581"u8;

    /// <summary>Normalises a text.</summary>
    /// <param name="text">Valid UTF-8.</param>
    public byte[] Normalize(ReadOnlySpan<byte> text)
    {
        if (RemoveExtraSpaces)
            while (text.Length > 0 && Next(text, out var first) is var length && first is [Space]) text = text[length..];
        if (text.IsEmpty) return [];

        var output = new ArrayBufferWriter<byte>(text.Length + 8);
        var space = EscapeSpaces ? SpaceSymbol : [Space];
        if (AddDummyPrefix && !SpaceBehind) output.Write(space);
        var behindSpace = RemoveExtraSpaces;
        while (text.Length > 0)
        {
            text = text[Next(text, out var part)..];
            if (behindSpace) part = part.TrimStart(Space);
            foreach (var value in part)
                if (value == Space) output.Write(space);
                else output.Write([value]);
            if (part.Length > 0) behindSpace = part[^1] == Space;
            if (!RemoveExtraSpaces) behindSpace = false;
        }

        var written = output.WrittenSpan;
        if (RemoveExtraSpaces)
            while (written.EndsWith(space)) written = written[..^space.Length];
        return AddDummyPrefix && SpaceBehind ? [.. written, .. space] : written.ToArray();
    }

    /// <summary>What the next characters become: a symbol, what a rule replaces, or one character.</summary>
    /// <returns>Their bytes.</returns>
    private int Next(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> part)
    {
        var length = Symbols?.LongestPrefix(text) ?? 0;
        if (length == 0 && Rules is not null && Rules.Longest(text, out part) is var replaced and > 0) return replaced;
        if (length == 0) length = Utf8.CharacterLength(text);
        part = text[..length];
        return length;
    }
}
