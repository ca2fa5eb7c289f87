namespace Bdia.Core.Mpi;

/// <summary>What has started the process, as its environment tells, and which libraries go with it.</summary>
/// <param name="Name">As people know it.</param>
/// <param name="Variable">The variable that it sets.</param>
/// <param name="Libraries">Names of its library, the likeliest first.</param>
internal sealed record MpiLauncher(string Name, string Variable, IReadOnlyList<string> Libraries)
{
    private static readonly string[] openMpi = ["libmpi.so.40", "libmpi.so.80", "libmpi.dylib"];
    private static readonly string[] mpich = ["libmpich.so.12", "libmpi.so.12", "libmpi.12.dylib"];

    private static readonly MpiLauncher[] all =
    [
        new("Open MPI's mpirun", "OMPI_COMM_WORLD_SIZE", [.. openMpi, "libmpi.so"]),
        new("MPICH's mpiexec", "PMI_SIZE", [.. mpich, "libmpi.so"]),
        new("a launcher by PMIx", "PMIX_RANK", [.. openMpi, .. mpich, "libmpi.so"]),
    ];

    /// <summary>What has started this process; null where that was no launcher of MPI's.</summary>
    public static MpiLauncher? Current => Array.Find(all, each => Environment.GetEnvironmentVariable(each.Variable) is { Length: > 0 });
}
