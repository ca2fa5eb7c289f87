using System.Runtime.InteropServices;

namespace Bdia.Core.Text;

/// <summary>
/// 64 bits of a text, by which texts that read the same are found. Two of equal bits are taken for one, about once in 10^19 pairs.
/// </summary>
internal static class TextKey
{
    private const ulong Offset = 14695981039346656037, Prime = 1099511628211; // FNV-1a

    /// <summary>The key of a text, as its tokenizer takes it.</summary>
    public static ulong Of(string normalized) => Of(normalized, Offset);

    /// <summary>The key of two texts, the second of which may be missing.</summary>
    public static ulong Of(string normalized, string? second)
        => second is null ? Of(normalized) : Of(second, (Of(normalized) ^ byte.MaxValue) * Prime);

    private static ulong Of(string normalized, ulong key)
    {
        foreach (var value in MemoryMarshal.AsBytes(normalized.AsSpan())) key = (key ^ value) * Prime;
        return key;
    }
}
