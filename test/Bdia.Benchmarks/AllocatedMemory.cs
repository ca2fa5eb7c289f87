using System.Runtime.InteropServices;

namespace Bdia.Benchmarks;

/// <summary>
/// The most that the C allocator has given out at one time, which is what the program holds; resident memory has also what the allocator keeps between allocations.
/// A thread asks all the time: not for runs that are timed. Known where the C library is glibc; null elsewhere.
/// </summary>
internal sealed class AllocatedMemory : IDisposable
{
    private readonly Thread? _watch;
    private readonly long _start;
    private volatile bool _ends;
    private long _peak;

    public AllocatedMemory()
    {
        if (Now() is not { } start) return;
        _peak = _start = start;
        _watch = new Thread(() =>
        {
            while (!_ends)
            {
                _peak = Math.Max(_peak, Now()!.Value);
                Thread.Yield();
            }
        })
        { IsBackground = true };
        _watch.Start();
    }

    /// <summary>Bytes beyond those at the start.</summary>
    public long? Growth => _watch is null ? null : Volatile.Read(ref _peak) - _start;

    public void Dispose()
    {
        _ends = true;
        _watch?.Join();
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
