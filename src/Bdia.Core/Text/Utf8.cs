using System.Text;

namespace Bdia.Core.Text;

/// <summary>Texts in UTF-8.</summary>
internal static class Utf8
{
    /// <summary>Bytes of the first character of a text that is not empty: of a byte that begins none, 1.</summary>
    public static int CharacterLength(ReadOnlySpan<byte> text) =>
        Math.Min(text.Length, text[0] switch { < 0xc0 => 1, < 0xe0 => 2, < 0xf0 => 3, _ => 4 });

    /// <summary>The text of bytes; each byte that belongs to no character becomes U+FFFD.</summary>
    public static void AppendTo(StringBuilder text, ReadOnlySpan<byte> bytes)
    {
        Span<char> characters = stackalloc char[2];
        while (bytes.Length > 0)
        {
            var isValid = Rune.DecodeFromUtf8(bytes, out var rune, out var length) == System.Buffers.OperationStatus.Done;
            text.Append(characters[..rune.EncodeToUtf16(characters)]);
            bytes = bytes[(isValid ? length : 1)..];
        }
    }
}
