namespace Bdia.MLNet.Tests.Support;

/// <summary>libtorch's own generator, of which there is one in a process.</summary>
internal static class GlobalGenerator
{
    /// <summary>Held by a test that sets and reads it.</summary>
    public static Lock Gate { get; } = new();
}
