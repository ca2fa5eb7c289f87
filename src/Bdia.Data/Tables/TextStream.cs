using System.IO.Compression;
using System.Text;

namespace Bdia.Data.Tables;

/// <summary>Opens a text file, plain or gzip, for reading as UTF-8.</summary>
internal static class TextStream
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static StreamReader Open(string path)
    {
        Stream stream = File.OpenRead(path);
        if (path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)) stream = new GZipStream(stream, CompressionMode.Decompress);
        return new StreamReader(stream, Strict);
    }

    /// <summary>Reads rows, and tells what is wrong with the file in its words.</summary>
    public static IEnumerable<T> Guarded<T>(string path, IEnumerable<T> rows)
    {
        using var all = rows.GetEnumerator();
        for (var row = 1L; ; row++)
        {
            try
            {
                if (!all.MoveNext()) yield break;
            }
            catch (DecoderFallbackException fault)
            {
                throw new InputException($"{path}, behind row {row - 1:N0}: byte 0x{fault.BytesUnknown![0]:X2} is no UTF-8. Convert the "
                    + "file from its encoding (iconv -f ISO-8859-1 -t UTF-8, say), or mend the line.", fault);
            }
            catch (Exception fault) when (fault is InvalidDataException or IOException)
            {
                throw new InputException($"{path} cannot be read whole: it ends in row {row:N0} ({fault.Message.TrimEnd('.')}). Fetch it "
                    + "again.", fault);
            }

            yield return all.Current;
        }
    }

    /// <summary>The file's lines, which end with \n or \r\n alone.</summary>
    public static IEnumerable<string> Lines(string path)
    {
        using var reader = Open(path);
        var line = new StringBuilder();
        var buffer = new char[1 << 15];
        for (int read; (read = reader.Read(buffer)) > 0;)
        {
            var rest = buffer.AsMemory(0, read);
            for (int end; (end = rest.Span.IndexOf('\n')) >= 0; rest = rest[(end + 1)..])
            {
                line.Append(rest.Span[..end]);
                yield return Taken(line);
            }

            line.Append(rest.Span);
        }

        if (line.Length > 0) yield return Taken(line);
    }

    private static string Taken(StringBuilder line)
    {
        if (line is { Length: > 0 } && line[^1] == '\r') line.Length--;
        var text = line.ToString();
        line.Clear();
        return text;
    }
}
