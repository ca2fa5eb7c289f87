using System.Text;

namespace Bdia.Core.Automata;

/// <summary>Ranges of code points as ranges of the bytes of their UTF-8 form.</summary>
internal static class Utf8Ranges
{
    /// <summary>The last code point.</summary>
    public const int Last = 0x10FFFF;

    // No code points of their own: they have no UTF-8 form.
    private const int FirstSurrogate = 0xD800, LastSurrogate = 0xDFFF;

    // Ends of the ranges with one, two and three bytes.
    private static readonly int[] Lengths = [0x7F, 0x7FF, 0xFFFF, Last];

    /// <summary>Sequences of byte ranges that together are the code points of a range, surrogates left out.</summary>
    public static IEnumerable<(byte From, byte To)[]> Of(int from, int to)
    {
        if (from <= LastSurrogate && to >= FirstSurrogate)
            return Of(from, FirstSurrogate - 1).Concat(Of(LastSurrogate + 1, to));
        if (from > to) return [];
        foreach (var end in Lengths)
            if (from <= end && to > end) return Of(from, end).Concat(Of(end + 1, to));
        // Of one length now: parted until all but the first differing byte are whole.
        for (var bits = 6; bits < 24 && to > 0x7F; bits += 6)
        {
            var mask = (1 << bits) - 1;
            if ((from & ~mask) == (to & ~mask)) continue;
            if ((from & mask) != 0) return Of(from, from | mask).Concat(Of((from | mask) + 1, to));
            if ((to & mask) != mask) return Of(from, (to & ~mask) - 1).Concat(Of(to & ~mask, to));
        }

        return [[.. Bytes(from).Zip(Bytes(to))]];
    }

    private static byte[] Bytes(int codePoint) => Encoding.UTF8.GetBytes(char.ConvertFromUtf32(codePoint));
}
