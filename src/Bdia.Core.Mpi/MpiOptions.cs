namespace Bdia.Core.Mpi;

/// <summary>How the processes of a run are joined.</summary>
public sealed record MpiOptions
{
    /// <summary>
    /// How long a rank waits for a message of another before it ends with an error, 1 second to 1 day. Default 10 minutes. Ranks wait for
    /// one another while the slowest of them reads its rows, and while rank 0 writes a checkpoint.
    /// </summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// The MPI library, as a path or a name that the system's loader finds; null = that of the mpirun which started the process. Default
    /// null.
    /// </summary>
    public string? Library { get; init; }

    internal void Validate()
    {
        if (Timeout < TimeSpan.FromSeconds(1) || Timeout > TimeSpan.FromDays(1))
            throw new ArgumentException($"Timeout is {Timeout}; it must be from 1 second to 1 day.");
        if (Library is { } name && name.Trim().Length == 0)
            throw new ArgumentException("Library is empty; it must be a path or a name, or null for the library of the mpirun in use.");
    }
}
