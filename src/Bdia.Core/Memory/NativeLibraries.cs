namespace Bdia.Core.Memory;

/// <summary>What training makes resident besides tensors, by measurement: glibc's allocator on Linux x64 (docs/performance.md).</summary>
internal static class NativeLibraries
{
    // Code of libtorch and its kernels (16 MiB), their scratch memory, and what the .NET runtime compiles; hardly different between shapes.
    private const long Code = 24L << 20;

    /// <summary>Code, and memory that is free and lies scattered between what is in use (<see cref="Native.FreeMemory"/>): somewhat more than comes and goes, and half of what is stored.</summary>
    /// <param name="passing">Bytes of states and of one block's graph, of which hardly any lives for longer than a block.</param>
    /// <param name="kept">Bytes of tensors that all blocks leave behind: stored graphs and states.</param>
    public static long Bytes(long passing, long kept) => Code + passing * 6 / 5 + kept * 9 / 20;
}
