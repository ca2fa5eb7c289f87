using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Bdia.Core.ImageClassification;

/// <summary>What one rank finds in its part of some rows, as a message to the others.</summary>
/// <param name="Rows">Of usable rows of the part, in their order.</param>
/// <param name="Moments">Of each of them, by channel.</param>
/// <param name="Positions">Positions that rows have, usable or not: one more than the last.</param>
/// <param name="AreBytes">Whether every value of the part is a whole number 0..255.</param>
/// <param name="Sample">SHA-256 of some rows that every rank reads, to see whether all have the same.</param>
internal sealed record SurveyPart(SurveyPart.Row[] Rows, PixelMoments[] Moments, long Positions, bool AreBytes, byte[] Sample)
{
    /// <summary>A usable row.</summary>
    /// <param name="Position">Where it is.</param>
    /// <param name="Label">Its class.</param>
    /// <param name="Extreme">Its largest pixel value.</param>
    /// <param name="Hash">SHA-256 of label and pixels.</param>
    public readonly record struct Row(long Position, int Label, PixelExtreme Extreme, RowHash Hash);

    /// <summary>SHA-256 of a row.</summary>
    [System.Runtime.CompilerServices.InlineArray(SHA256.HashSizeInBytes)]
    public struct RowHash
    {
        private byte first;

        /// <summary>Of label and pixels.</summary>
        public static RowHash Of(ImageRow row, IncrementalHash sha)
        {
            sha.AppendData(BitConverter.GetBytes(row.Label));
            sha.AppendData(MemoryMarshal.AsBytes(row.Pixels.AsSpan()));
            var hash = default(RowHash);
            sha.GetHashAndReset(hash);
            return hash;
        }
    }

    /// <summary>Whether every rank reads a row, and not its own alone: few, and anywhere.</summary>
    public static bool IsInSample(long position) => (position & (position - 1)) == 0; // 0, 1, 2, 4, 8, ...

    /// <summary>The part as bytes, on machines of one kind.</summary>
    public byte[] ToBytes() => [.. MemoryMarshal.AsBytes<long>([Rows.Length, Positions, AreBytes ? 1 : 0]), .. Sample,
        .. MemoryMarshal.AsBytes<Row>(Rows), .. MemoryMarshal.AsBytes<PixelMoments>(Moments)];

    /// <summary>The part of a message.</summary>
    /// <param name="bytes">Of <see cref="ToBytes"/>.</param>
    public static SurveyPart Of(ReadOnlySpan<byte> bytes)
    {
        var head = Take<long>(ref bytes, 3);
        var sample = Take<byte>(ref bytes, SHA256.HashSizeInBytes);
        var rows = Take<Row>(ref bytes, (int)head[0]);
        return new(rows, MemoryMarshal.Cast<byte, PixelMoments>(bytes).ToArray(), head[1], head[2] == 1, sample);
    }

    private static unsafe T[] Take<T>(ref ReadOnlySpan<byte> bytes, int count) where T : unmanaged
    {
        var taken = MemoryMarshal.Cast<byte, T>(bytes[..(count * sizeof(T))]).ToArray();
        bytes = bytes[(count * sizeof(T))..];
        return taken;
    }
}
