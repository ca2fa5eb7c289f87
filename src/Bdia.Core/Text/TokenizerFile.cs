namespace Bdia.Core.Text;

/// <summary>Files that users hand in.</summary>
internal static class TokenizerFile
{
    /// <summary>The content of a file.</summary>
    /// <param name="parameter">Where the path was given.</param>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    public static byte[] ReadAll(string file, string parameter)
    {
        ArgumentException.ThrowIfNullOrEmpty(file, parameter);
        return File.Exists(file) ? File.ReadAllBytes(file)
            : throw new FileNotFoundException($"There is no file '{file}'; {parameter} must be the path of an existing one.", file);
    }

    /// <summary>Whether the first character of a file, white space and byte order mark aside, begins a JSON object or array.</summary>
    public static bool LooksLikeJson(ReadOnlySpan<byte> content)
    {
        if (content.StartsWith("\ufeff"u8)) content = content[3..];
        content = content.TrimStart(" \t\r\n"u8);
        return !content.IsEmpty && content[0] is (byte)'{' or (byte)'[';
    }
}
