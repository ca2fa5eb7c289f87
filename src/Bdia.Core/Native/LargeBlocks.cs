using System.Runtime.InteropServices;

namespace Bdia.Core.Native;

/// <summary>
/// Makes glibc's allocator give large freed blocks back to the system at once.
/// </summary>
/// <remarks>
/// By default glibc raises the size from which a block is a mapping of its own to that of the largest freed block, up to 32 MB. Tensors
/// of a training step then live in the heap, which fragments: the resident peak of a reversible step was 2 to 4 times what was in use,
/// and the point of rebuilding states was lost (docs/performance.md). With fixed thresholds the peak is what is in use.
/// </remarks>
internal static partial class LargeBlocks
{
    private const int TrimThreshold = -1, MmapThreshold = -3; // mallopt's names for them
    private const int Threshold = 1 << 20;                    // bytes; smaller blocks are where the heap is faster and fragments little

    private static readonly Lazy<bool> Set = new(SetThresholds);

    /// <summary>Sets the thresholds, once per process. It affects speed and memory only, and nothing where the allocator is not glibc's.</summary>
    /// <returns>Whether they are set.</returns>
    public static bool ReturnToSystem() => Set.Value;

    private static bool SetThresholds()
    {
        if (!OperatingSystem.IsLinux()) return false;
        try
        {
            return mallopt(MmapThreshold, Threshold) == 1 && mallopt(TrimThreshold, Threshold) == 1;
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            return false; // another C library
        }
    }

    [LibraryImport("libc")]
    private static partial int mallopt(int parameter, int value);
}
