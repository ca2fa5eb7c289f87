namespace Bdia.Core.MemoryEstimates;

/// <summary>What training makes resident besides tensors, by measurement on Linux x64 (docs/performance.md).</summary>
internal static class NativeLibraries
{
    /// <summary>
    /// Bytes of code of libtorch and its kernels, of memory that its matrix products pack their operands in, and of what the .NET runtime compiles and has not
    /// collected: 39 to 55 MiB in the nine networks measured.
    /// </summary>
    public const long Bytes = 44L << 20;
}
