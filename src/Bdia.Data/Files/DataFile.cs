using System.Buffers.Binary;
using System.IO.Compression;

namespace Bdia.Data.Files;

/// <summary>Reads whole files, plain or gzip.</summary>
public static class DataFile
{
    /// <summary>The file name without .gz.</summary>
    public static string PlainName(string path)
    {
        var name = Path.GetFileName(path);
        return name.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? name[..^3] : name;
    }

    /// <summary>The content, unpacked.</summary>
    public static byte[] ReadAll(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            if (!path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase))
            {
                var bytes = new byte[file.Length];
                file.ReadExactly(bytes);
                return bytes;
            }

            using var unpacked = new MemoryStream();
            using var gzip = new GZipStream(file, CompressionMode.Decompress);
            gzip.CopyTo(unpacked);
            // GZipStream takes a file that was cut off for a whole one; gzip's last four bytes tell the unpacked length.
            Span<byte> length = stackalloc byte[4];
            file.Position = Math.Max(0, file.Length - length.Length);
            if (file.Read(length) < length.Length || BinaryPrimitives.ReadUInt32LittleEndian(length) != (uint)unpacked.Length)
                throw new InvalidDataException($"it ends after {unpacked.Length:N0} bytes");
            return unpacked.ToArray();
        }
        catch (InvalidDataException fault)
        {
            throw new InputException($"{path} ends in .gz but does not unpack whole ({fault.Message.TrimEnd('.')}). Download it again, "
                + "or unpack it and drop the .gz.", fault);
        }
    }

    /// <summary>The lines of a text file that are not blank, or null where there is no such file.</summary>
    public static string[]? Lines(string folder, string name)
    {
        var path = Path.Combine(folder, name);
        return File.Exists(path) ? [.. File.ReadLines(path).Select(line => line.Trim()).Where(line => line.Length > 0)] : null;
    }

    /// <summary>Class names 0, 1, 2, ... for data that come without any.</summary>
    public static string[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(label => $"{label}")];
}
