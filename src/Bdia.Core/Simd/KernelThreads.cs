using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Simd;

/// <summary>
/// Runs kernels of ours on as many threads as libtorch uses: on Linux on libtorch's own OpenMP threads. After an operation those wait in a
/// busy loop for the next one, and threads of .NET's pool would have to share the cores with them: a step between two additions took
/// 1.4 ms instead of 0.8.
/// </summary>
internal static unsafe class KernelThreads
{
    // void GOMP_parallel(void (*body)(void*), void* data, unsigned threads, unsigned flags), of the OpenMP runtime that libtorch brings.
    private static readonly delegate* unmanaged<delegate* unmanaged<void*, void>, void*, uint, uint, void> Parallel = Find("GOMP_parallel");

    /// <summary>Whether the threads are libtorch's own: what libtorch calls within them knows that others are at work.</summary>
    public static bool AreLibtorchs => Parallel != null;

    [ThreadStatic]
    private static bool isInTeam;

    /// <summary>Whether the calling thread is one of several that <see cref="For"/> has set to work.</summary>
    public static bool IsInTeam => isInTeam;

    /// <summary>Does something once, on one thread of a team whose others have nothing to do: for what would else take threads of its
    /// own.</summary>
    public static void InTeam(Action work) => For(2, piece =>
    {
        if (piece == 0) work();
    });

    /// <summary>
    /// Calls <paramref name="piece"/> with 0 .. pieces - 1, each once, neighbours on the same thread, and returns when all are done.
    /// </summary>
    /// <param name="pieces">How many pieces; should not depend on the number of threads where results could depend on the cut.</param>
    /// <param name="piece">Must not call libtorch: its operations would take this thread's place in the team for their own.</param>
    /// <param name="threads">At most so many; null = as many as libtorch uses.</param>
    public static void For(int pieces, Action<int> piece, int? threads = null)
    {
        var team = Math.Min(pieces, threads ?? get_num_threads());
        if (team <= 1)
        {
            for (var i = 0; i < pieces; i++) piece(i);
            return;
        }

        if (Parallel == null)
        {
            System.Threading.Tasks.Parallel.For(0, team, new ParallelOptions { MaxDegreeOfParallelism = team },
                share => Run(piece, pieces, share, team));
            return;
        }

        var work = new Work(piece, pieces, team);
        Parallel(&Enter, Unsafe.AsPointer(ref work), (uint)team, 0);
        GC.KeepAlive(piece);
        if (work.Failure is { } failure) throw new AggregateException(failure);
    }

    /// <summary>
    /// Cuts 0 .. count - 1 into ranges of about <paramref name="share"/> and calls <paramref name="range"/> with the start and end of each.
    /// </summary>
    public static void ForRanges(long count, long share, Action<long, long> range, int? threads = null)
    {
        var pieces = (int)Math.Clamp(count / share, 1, int.MaxValue);
        var (quotient, remainder) = Math.DivRem(count, pieces);
        For(pieces, i => range(Start(i), Start(i + 1)), threads);

        // count i / pieces, without an overflow.
        long Start(int i) => quotient * i + remainder * i / pieces;
    }

    private static void Run(Action<int> piece, int pieces, int share, int shares)
    {
        var end = (int)((long)pieces * (share + 1) / shares);
        for (var i = (int)((long)pieces * share / shares); i < end; i++) piece(i);
    }

    // libtorch may have set a limit that gives a smaller team than asked for, so shares are taken, not assigned.
    [UnmanagedCallersOnly]
    private static void Enter(void* data)
    {
        ref var work = ref Unsafe.AsRef<Work>(data);
        var outer = isInTeam;
        isInTeam = true;
        try
        {
            for (int share; (share = Interlocked.Increment(ref work.Taken) - 1) < work.Shares;) Run(work.Piece,
                work.Pieces, share, work.Shares);
        }
#pragma warning disable CA1031 // An exception that leaves this method would pass through native frames and end the process.
        catch (Exception e)
#pragma warning restore CA1031
        {
            work.Failure = e;
        }
        finally
        {
            isInTeam = outer;
        }
    }

    private static delegate* unmanaged<delegate* unmanaged<void*, void>, void*, uint, uint, void> Find(string name)
    {
        if (!OperatingSystem.IsLinux() || !NativeLibrary.TryLoad("torch_cpu", typeof(torch).Assembly, null, out var library)) return null;
        return (delegate* unmanaged<delegate* unmanaged<void*, void>, void*, uint, uint,
            void>)(NativeLibrary.TryGetExport(library, name, out var address) ? address : 0);
    }

    // On the stack of the caller, who waits: its address stays valid, and the collector sees the reference in it.
    private struct Work(Action<int> piece, int pieces, int shares)
    {
        public readonly Action<int> Piece = piece;
        public readonly int Pieces = pieces, Shares = shares;
        public volatile Exception? Failure;
        public int Taken;
    }
}
