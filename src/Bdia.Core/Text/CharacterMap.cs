using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Bdia.Core.Text;

/// <summary>
/// The normalisation rules inside a SentencePiece model (precompiled_charsmap): a length, a double-array trie (Yata et al., 2007, as
/// darts-clone lays it out) from characters to places, and the texts at those places, each ended by a zero.
/// </summary>
internal sealed class CharacterMap
{
    private readonly uint[] units;
    private readonly byte[] texts;

    /// <exception cref="InvalidDataException">The bytes are no such rules.</exception>
    public CharacterMap(ReadOnlySpan<byte> rules)
    {
        if (rules.Length <= sizeof(uint)) throw Damaged($"they have {rules.Length} bytes");
        var length = BinaryPrimitives.ReadUInt32LittleEndian(rules);
        rules = rules[sizeof(uint)..];
        if (length == 0 || length >= rules.Length || length % sizeof(uint) != 0)
            throw Damaged($"their trie is said to have {length} of {rules.Length} bytes");
        units = MemoryMarshal.Cast<byte, uint>(rules[..(int)length]).ToArray();
        if (!BitConverter.IsLittleEndian) BinaryPrimitives.ReverseEndianness(units, units);
        texts = rules[(int)length..].ToArray();
    }

    /// <summary>The longest characters at the front of a text that are replaced.</summary>
    /// <param name="text">A text that is not empty.</param>
    /// <param name="replacement">What they become.</param>
    /// <returns>Their bytes; 0 where nothing is replaced.</returns>
    public int Longest(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> replacement)
    {
        var (node, longest, place) = (Offset(Unit(0)), 0, 0u);
        for (var i = 0; i < text.Length; i++)
        {
            var unit = Unit(node ^= text[i]);
            if ((unit & (0x8000_0000 | 0xff)) != text[i]) break; // a unit's label; the highest bit marks a value
            node ^= Offset(unit);
            if ((unit >> 8 & 1) == 1) (longest, place) = (i + 1, Unit(node) & 0x7fff_ffff);
        }

        replacement = longest == 0 ? [] : Text(place);
        return longest;
    }

    private static uint Offset(uint unit) => unit >> 10 << (int)((unit & 1 << 9) >> 6);

    private uint Unit(uint node)
        => node < (uint)units.Length ? units[node] : throw Damaged($"their trie has {units.Length} units and leads to unit {node}");

    private ReadOnlySpan<byte> Text(uint place)
    {
        if (place >= (uint)texts.Length) throw Damaged($"their texts have {texts.Length} bytes, and one is said to begin at {place}");
        var text = texts.AsSpan((int)place);
        var end = text.IndexOf((byte)0);
        return end < 0 ? text : text[..end];
    }

    private static InvalidDataException Damaged(string fact) => new($"Its normalisation rules are damaged: {fact}");
}
