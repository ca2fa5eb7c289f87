namespace Bdia.Core.Memory;

/// <summary>What a first training step makes resident besides tensors.</summary>
internal static class NativeLibraries
{
    /// <summary>Code of libtorch and its kernels (16 MiB), their scratch memory, and what the .NET runtime compiles: measured, and hardly different between shapes.</summary>
    public const long Bytes = 24L << 20;
}
