namespace Bdia.Core.MemoryEstimates;

/// <summary>What training makes resident besides tensors, by measurement on Linux x64 (docs/performance.md).</summary>
internal static class NativeLibraries
{
    /// <summary>
    /// Bytes of code of libtorch and its kernels, of memory that its matrix products pack their operands in, and of what the .NET runtime
    /// compiles and has not collected: 39 to 55 MiB in the nine networks measured.
    /// </summary>
    public const long Bytes = 44L << 20;

    /// <summary>
    /// Bytes of the kernels that oneDNN has made for products of bfloat16, as many as it may keep (Native/PrimitiveCaches): 41 MiB over the
    /// same training in float32, after 60 batches of texts of different shapes and after 120. Pictures, whose batches have one or two
    /// shapes, need few of them.
    /// </summary>
    public const long BFloat16Kernels = 40L << 20;
}
