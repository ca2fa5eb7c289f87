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
        return File.Exists(file) ? File.ReadAllBytes(file) : throw new FileNotFoundException($"There is no file '{file}'; {parameter} must be the path of an existing one.", file);
    }
}
