using System.Buffers.Binary;

namespace Bdia.MLNet.ImageClassification;

/// <summary>
/// The orientation that a PNG file states in its chunk eXIf, which the decoder does not look at. Of other kinds the decoder tells it.
/// </summary>
internal static class PngOrientation
{
    private const int SignatureLength = 8;
    private const int ChunkFrame = 12; // length, type, checksum

    /// <summary>The orientation; <see cref="Orientation.TopLeft"/> where the file states none, or none that there is.</summary>
    public static Orientation Of(ReadOnlySpan<byte> file)
    {
        for (var at = SignatureLength; at + ChunkFrame <= file.Length;)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(file[at..]);
            if (length > file.Length - at - ChunkFrame)
                break;
            if (file.Slice(at + 4, 4).SequenceEqual("eXIf"u8))
                return OfExif(file.Slice(at + 8, (int)length));
            at += ChunkFrame + (int)length;
        }
        return Orientation.TopLeft;
    }

    // A TIFF header with the place of the first directory, and in it entries of twelve bytes: tag, type, count, value.
    private static Orientation OfExif(ReadOnlySpan<byte> exif)
    {
        const int header = 8, entry = 12;
        const ushort tag = 0x0112;
        if (exif.Length < header || !(exif[..2].SequenceEqual("II"u8) || exif[..2].SequenceEqual("MM"u8)))
            return Orientation.TopLeft;
        var little = exif[0] == 'I';
        var directory = Number(exif[4..8], little);
        if (directory > exif.Length - 2)
            return Orientation.TopLeft;
        var entries = exif[(int)directory..];
        var count = Number(entries[..2], little);
        entries = entries[2..];
        for (var i = 0; i < count && entries.Length >= entry; i++, entries = entries[entry..])
        {
            if (Number(entries[..2], little) == tag)
                return Number(entries[8..10], little) is >= 1 and <= 8 and var value ? (Orientation)value : Orientation.TopLeft;
        }
        return Orientation.TopLeft;
    }

    private static uint Number(ReadOnlySpan<byte> bytes, bool little) => (bytes.Length, little) switch
    {
        (2, true) => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
        (2, false) => BinaryPrimitives.ReadUInt16BigEndian(bytes),
        (_, true) => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        _ => BinaryPrimitives.ReadUInt32BigEndian(bytes),
    };
}
