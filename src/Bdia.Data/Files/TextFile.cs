using System.Text;

namespace Bdia.Data.Files;

/// <summary>Reads text files line by line: UTF-8, plain or gzip.</summary>
public static class TextFile
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The lines of a file.</summary>
    public static List<string> Lines(string path) => Lines(path, DataFile.ReadAll(path));

    /// <summary>
    /// The lines of a file's content. Lines end with \n or \r\n alone: other characters that a reader might take for the end of a line,
    /// such as U+2028, stand inside the lines of real corpora, and would shift all that follow.
    /// </summary>
    /// <param name="name">The file, for messages.</param>
    /// <param name="content">Its bytes.</param>
    public static List<string> Lines(string name, ReadOnlySpan<byte> content)
    {
        if (content.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || content.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]))
            throw new InputException($"{name} is UTF-16. Convert it to UTF-8 (iconv -f UTF-16 -t UTF-8).");
        if (content.StartsWith("\uFEFF"u8)) content = content[3..];

        var lines = new List<string>();
        while (!content.IsEmpty)
        {
            var end = content.IndexOf((byte)'\n');
            var line = end < 0 ? content : content[..end];
            content = end < 0 ? [] : content[(end + 1)..];
            if (line is [.., (byte)'\r']) line = line[..^1];
            lines.Add(Decode(name, lines.Count + 1, line));
        }

        return lines;
    }

    private static string Decode(string name, int number, ReadOnlySpan<byte> line)
    {
        try
        {
            return Strict.GetString(line);
        }
        catch (DecoderFallbackException fault)
        {
            throw new InputException($"{name}, line {number:N0}: byte {fault.Index + 1} (0x{fault.BytesUnknown![0]:X2}) is no UTF-8. "
                + "Convert the file from its encoding (iconv -f ISO-8859-1 -t UTF-8, say), or mend the line.", fault);
        }
    }
}
