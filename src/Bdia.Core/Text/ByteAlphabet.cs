using System.Text;

namespace Bdia.Core.Text;

/// <summary>
/// The characters that stand for bytes in vocabulary files of byte-level BPE (Radford et al., 2019): a byte that is a printable Latin-1
/// character other than space stands for itself, the others take the characters from U+0100 on, in order. So every token is printable text.
/// </summary>
internal static class ByteAlphabet
{
    private static readonly char[] Characters = MakeCharacters();
    private static readonly Dictionary<char,
        byte> Bytes = Characters.Select((character, index) => (character, index))
        .ToDictionary(pair => pair.character, pair => (byte)pair.index);

    /// <summary>The character of a byte.</summary>
    public static char Character(byte value) => Characters[value];

    /// <summary>The token of bytes.</summary>
    public static string Spell(ReadOnlySpan<byte> bytes)
    {
        var token = new char[bytes.Length];
        for (var i = 0; i < token.Length; i++) token[i] = Characters[bytes[i]];
        return new string(token);
    }

    /// <summary>
    /// The bytes of a token; of one that is not spelled in this alphabet (files add such by hand, and no text gives them), those of its
    /// text.
    /// </summary>
    public static byte[] Read(string token)
    {
        var bytes = new byte[token.Length];
        for (var i = 0; i < bytes.Length; i++)
            if (!Bytes.TryGetValue(token[i], out bytes[i])) return Encoding.UTF8.GetBytes(token);
        return bytes;
    }

    private static char[] MakeCharacters()
    {
        var next = '\u0100';
        var characters = new char[256];
        for (var value = 0; value < 256; value++)
            characters[value] = value is (>= '!' and <= '~') or (>= 0xa1 and <= 0xac) or >= 0xae ? (char)value : next++;
        return characters;
    }
}
