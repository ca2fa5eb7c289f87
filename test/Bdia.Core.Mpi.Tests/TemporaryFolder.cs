namespace Bdia.Core.Mpi.Tests;

/// <summary>A folder that goes with the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("bdia-mpi-").FullName;

    /// <summary>What a rank left in a file.</summary>
    public string this[string file] => File.ReadAllText(System.IO.Path.Combine(Path, file));

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
