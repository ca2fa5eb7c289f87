using Bdia.Core.Distributed;

namespace Bdia.Core.Mpi;

/// <summary>The processes that mpirun started, as ranks to train on.</summary>
/// <example>
/// <code>
/// using var ranks = MpiRanks.Join();
/// options.Distributed = new() { Ranks = ranks };
/// </code>
/// </example>
public static class MpiRanks
{
    private static readonly Lock once = new();
    private static bool joined;

    /// <summary>
    /// Joins the processes that one mpirun has started. A process that no mpirun has started is <see cref="RankGroup.Alone"/>, and needs no
    /// MPI: the same program runs either way.
    /// </summary>
    /// <param name="options">How long to wait, and which library; null = the defaults.</param>
    /// <returns>The ranks. Dispose them at the end of the program: MPI takes a process that leaves without that for a fault. A process can
    /// join once.</returns>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="DllNotFoundException">There is no MPI library; the message names the package to install.</exception>
    /// <exception cref="InvalidOperationException">The process has joined before.</exception>
    /// <exception cref="DistributedException">MPI has reported an error.</exception>
    public static RankGroup Join(MpiOptions? options = null)
    {
        options ??= new MpiOptions();
        options.Validate();
        if (MpiLauncher.Current is not { } launcher) return RankGroup.Alone;
        lock (once)
        {
            if (joined)
                throw new InvalidOperationException("This process has joined its ranks before, and MPI begins once in a process: keep the "
                    + "RankGroup of the first call for as long as the program runs.");
            joined = true;
            return new RankGroup(new MpiLink(MpiLibrary.Load(options.Library, launcher), options.Timeout));
        }
    }
}
