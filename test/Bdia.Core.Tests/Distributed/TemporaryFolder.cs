namespace Bdia.Core.Tests.Distributed;

/// <summary>A folder that goes with the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("bdia-ranks-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
