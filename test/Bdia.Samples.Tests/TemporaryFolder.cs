using System.IO.Compression;

namespace Bdia.Samples.Tests;

/// <summary>A folder that goes when the test is over.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("bdia-sample-").FullName;

    /// <summary>Writes a file, packed where its name ends in .gz.</summary>
    public string Write(string name, byte[] bytes)
    {
        var path = At(name);
        using var file = File.Create(path);
        if (!name.EndsWith(".gz", StringComparison.Ordinal))
        {
            file.Write(bytes);
            return path;
        }

        using var gzip = new GZipStream(file, CompressionLevel.Fastest);
        gzip.Write(bytes);
        return path;
    }

    public string At(string name)
    {
        var path = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        return path;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
