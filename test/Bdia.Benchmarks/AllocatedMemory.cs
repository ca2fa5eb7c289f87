using System.Runtime.InteropServices;

namespace Bdia.Benchmarks;

/// <summary>
/// The most that the C allocator has given out at one time, which is what the program holds; resident memory has also what the allocator
/// keeps between allocations. A thread asks all the time: not for runs that are timed. Known where the C library is glibc; null elsewhere.
/// </summary>
internal sealed class AllocatedMemory : IDisposable
{
    private readonly Thread? watch;
    private readonly long start;
    private volatile bool ends;
    private long peak;

    public AllocatedMemory()
    {
        if (Now() is not { } start) return;
        peak = this.start = start;
        watch = new Thread(() =>
        {
            while (!ends)
            {
                peak = Math.Max(peak, Now()!.Value);
                Thread.Yield();
            }
        })
        { IsBackground = true };
        watch.Start();
    }

    /// <summary>Bytes beyond those at the start.</summary>
    public long? Growth => watch is null ? null : Volatile.Read(ref peak) - start;

    public void Dispose()
    {
        ends = true;
        watch?.Join();
    }

    private static long? Now()
    {
        if (!OperatingSystem.IsLinux()) return null;
        try
        {
            var info = Information();
            return (long)(info.InHeap + info.Mapped);
        }
        catch (EntryPointNotFoundException)
        {
            return null;
        }
    }

    [DllImport("libc", EntryPoint = "mallinfo2")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern Mallinfo Information();

    // struct mallinfo2 of glibc.
    [StructLayout(LayoutKind.Sequential)]
    private struct Mallinfo
    {
        public nuint Arena, FreeChunks, FastChunks, Mappings, Mapped, Unused, FastFree, InHeap, Free, Releasable;
    }
}
