using System.Text;

namespace Bdia.Samples.OnnxTranslation;

/// <summary>The characters that stand for bytes in vocabularies of GPT-2's kind.</summary>
internal static class ByteAlphabet
{
    private static readonly char[] characters = Make();

    /// <summary>A text as characters, one for each byte of its UTF-8.</summary>
    public static string Spell(string text) => string.Concat(Encoding.UTF8.GetBytes(text).Select(value => characters[value]));

    /// <summary>The bytes of a token; of one that is not spelled so, those of its text.</summary>
    public static byte[] Read(string token)
    {
        var bytes = Array.ConvertAll(token.ToCharArray(), character => Array.IndexOf(characters, character));
        return bytes.Contains(-1) ? Encoding.UTF8.GetBytes(token) : Array.ConvertAll(bytes, value => (byte)value);
    }

    private static char[] Make()
    {
        var next = '\u0100';
        var made = new char[256];
        for (var value = 0; value < made.Length; value++)
            made[value] = value is (>= '!' and <= '~') or (>= 0xa1 and <= 0xac) or >= 0xae ? (char)value : next++;
        return made;
    }
}
