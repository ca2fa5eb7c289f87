using System.Buffers.Binary;

namespace Bdia.MLNet.Tests.Support;

/// <summary>Writes the mark of a camera's orientation into files of three kinds.</summary>
internal static class Exif
{
    /// <summary>A TIFF header and a directory with some other tag and the orientation.</summary>
    public static byte[] Of(int orientation, bool bigEndian)
    {
        var bytes = new List<byte>();
        bytes.AddRange(bigEndian ? "MM"u8 : "II"u8);
        Short(42);
        Long(10); // the directory begins after two unused bytes
        Short(0);
        Short(2);
        Entry(0x010F, 2, 1, 'X' << (bigEndian ? 8 : 0)); // the maker
        Entry(0x0112, 3, 1, orientation);
        Long(0);
        return [.. bytes];

        void Entry(int tag, int type, int count, int value)
        {
            Short(tag);
            Short(type);
            Long(count);
            Short(value);
            Short(0);
        }

        void Short(int value) => bytes.AddRange(bigEndian ? [(byte)(value >> 8), (byte)value] : [(byte)value, (byte)(value >> 8)]);

        void Long(int value)
        {
            Short(bigEndian ? value >> 16 : value);
            Short(bigEndian ? value : value >> 16);
        }
    }

    /// <summary>Where a stored pixel lies in the visual picture: TIFF 6.0, tag 274, says it of the stored row 0 and column 0.</summary>
    public static (int Row, int Column) Visual(int orientation, int row, int column, int storedWidth, int storedHeight)
        => orientation switch
    {
        1 => (row, column),
        2 => (row, storedWidth - 1 - column),
        3 => (storedHeight - 1 - row, storedWidth - 1 - column),
        4 => (storedHeight - 1 - row, column),
        5 => (column, row),
        6 => (column, storedHeight - 1 - row),
        7 => (storedWidth - 1 - column, storedHeight - 1 - row),
        _ => (storedWidth - 1 - column, row),
    };

    public static byte[] InJpeg(byte[] file, int orientation, bool bigEndian = false)
    {
        byte[] exif = [.. "Exif\0\0"u8, .. Of(orientation, bigEndian)];
        var length = exif.Length + 2;
        return [.. file[..2], 0xFF, 0xE1, (byte)(length >> 8), (byte)length, .. exif, .. file[2..]];
    }

    public static byte[] InPng(byte[] file, int orientation, bool bigEndian = false)
    {
        const int headerEnd = 33;
        var exif = Of(orientation, bigEndian);
        byte[] typed = [.. "eXIf"u8, .. exif];
        var length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, exif.Length);
        return [.. file[..headerEnd], .. length, .. typed, .. Checksum(typed), .. file[headerEnd..]];
    }

    /// <summary>For a file without alpha, of the given size.</summary>
    public static byte[] InWebp(byte[] file, int width, int height, int orientation, bool bigEndian = false)
    {
        var exif = Of(orientation, bigEndian);
        byte[] extended = [.. "VP8X"u8, 10, 0, 0, 0, 8, 0, 0, 0, .. Three(width - 1), .. Three(height - 1)];
        byte[] content = [.. "WEBP"u8, .. extended, .. file[12..], .. "EXIF"u8, .. Four(exif.Length), .. exif];
        return [.. "RIFF"u8, .. Four(content.Length), .. content];

        static byte[] Three(int value) => [(byte)value, (byte)(value >> 8), (byte)(value >> 16)];

        static byte[] Four(int value) => [.. Three(value), (byte)(value >> 24)];
    }

    /// <summary>CRC-32 as PNG has it.</summary>
    public static byte[] Checksum(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? 0xEDB88320 ^ (crc >> 1) : crc >> 1;
        }
        var result = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(result, ~crc);
        return result;
    }
}
