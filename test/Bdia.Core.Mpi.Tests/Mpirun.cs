using System.Diagnostics;

namespace Bdia.Core.Mpi.Tests;

/// <summary>
/// An mpirun of this machine, which starts ranks: each is this assembly once more, and runs one explicit test. What they have to say lies
/// in files of a folder.
/// </summary>
/// <param name="Name">Whose it is.</param>
/// <param name="Program">The executable.</param>
/// <param name="Arguments">What it needs besides the number of ranks.</param>
public sealed record Mpirun(string Name, string Program, string[] Arguments)
{
    private const string FolderVariable = "BDIA_TEST_MPI_FOLDER";
    private static readonly TimeSpan longest = TimeSpan.FromMinutes(3);

    private static readonly Mpirun[] known =
    [
        new("Open MPI", "mpirun.openmpi", ["--oversubscribe", "--mca", "btl_vader_single_copy_mechanism", "none"]),
        new("MPICH", "mpirun.mpich", []),
    ];

    /// <summary>Name and mpirun of every kind; of those that are not installed, null.</summary>
    public static Mpirun? Of(string name) => known.Single(each => each.Name == name) is var mpi && InPath(mpi.Program) ? mpi : null;

    /// <summary>The names of all kinds.</summary>
    public static IEnumerable<string> Names => known.Select(each => each.Name);

    /// <summary>In a rank: the folder of files. An ordinary run of the explicit test is skipped.</summary>
    public static string Folder
    {
        get
        {
            var folder = Environment.GetEnvironmentVariable(FolderVariable);
            Assert.SkipWhen(folder is null, $"runs only as a rank, with {FolderVariable} set");
            return folder!;
        }
    }

    /// <summary>A process that no mpirun starts, alone.</summary>
    public static (int Code, string Output) RunAlone(string folder, string test) => Run("dotnet", [.. Rank(test)], folder);

    /// <summary>Starts ranks and waits for their end.</summary>
    /// <returns>The exit code of mpirun, and what it and the ranks wrote.</returns>
    /// <param name="ranks">How many.</param>
    /// <param name="folder">Their files.</param>
    /// <param name="test">What they run.</param>
    /// <param name="meanwhile">Done while they run; null for nothing.</param>
    public (int Code, string Output) Run(int ranks, string folder, string test, Action<Process>? meanwhile = null)
        => Run(Program, [.. Arguments, "-np", $"{ranks}", "dotnet", .. Rank(test)], folder, meanwhile);

    private static string[] Rank(string test)
        => ["exec", typeof(Mpirun).Assembly.Location, "-method", test, "-explicit", "only"];

    private static bool InPath(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Any(folder => File.Exists(Path.Combine(folder, program)));

    private static (int Code, string Output) Run(string program, string[] arguments, string folder, Action<Process>? meanwhile = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            Environment =
            {
                [FolderVariable] = folder,
                // The order of sums within a process depends on its threads; ranks of one machine share its cores.
                ["OMP_NUM_THREADS"] = "1",
                ["OMP_WAIT_POLICY"] = "PASSIVE",
                // Containers run as root.
                ["OMPI_ALLOW_RUN_AS_ROOT"] = "1",
                ["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1",
            },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        meanwhile?.Invoke(process);
        if (!process.WaitForExit(longest))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{program} did not end within {longest}: {output.Result}{errors.Result}");
        }

        return (process.ExitCode, $"{output.Result}{errors.Result}");
    }
}
