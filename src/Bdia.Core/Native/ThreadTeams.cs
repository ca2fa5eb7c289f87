using static TorchSharp.torch;

namespace Bdia.Core.Native;

/// <summary>
/// How libtorch's threads share the machine with others. Each operation ends where all threads of a team (libgomp's) have arrived, and
/// those that wait run in circles, by default for milliseconds: on cores that something else wants as well, a waiting thread holds the core
/// that the awaited one needs, and a step takes many times as long. docs/decisions/shared-cores.md has the measurements.
/// </summary>
internal static class ThreadTeams
{
    /// <summary>
    /// Rounds that a thread waits before it sleeps: some ten microseconds, longer than a team on free cores mostly takes to arrive.
    /// </summary>
    public const int Spins = 1000;

    /// <summary>The variable that libgomp reads when it is loaded, and the one by which users decide the same.</summary>
    public static IReadOnlyList<string> Variables { get; } = ["GOMP_SPINCOUNT", "OMP_WAIT_POLICY"];

    /// <summary>What was done, for <see cref="BdiaRuntime.Describe"/>; empty where nothing was.</summary>
    public static string State { get; private set; } = "";

    /// <summary>Shortens the waiting, unless the user has decided on it. Before libtorch is loaded.</summary>
    public static void ShortenWaiting()
    {
        if (NativeEnvironment.SetUnlessSet($"{Spins}", Variables)) State = ", waiting threads sleep early";
    }

    /// <summary>
    /// Takes no more threads than the process may have processors: libtorch counts the machine's cores, .NET also knows the limits of a
    /// container (a quota of processor time) and of an affinity mask. After libtorch is loaded.
    /// </summary>
    public static void FitToProcessors()
    {
        var threads = get_num_threads();
        var fitting = Fitting(threads, Environment.ProcessorCount, Environment.GetEnvironmentVariable);
        if (fitting != threads) set_num_threads(fitting);
    }

    /// <summary>The number of threads for a process.</summary>
    /// <param name="threads">What libtorch would take.</param>
    /// <param name="processors">What the process may have.</param>
    /// <param name="variable">The environment: a number that the user has set there stays.</param>
    internal static int Fitting(int threads, int processors, Func<string, string?> variable)
        => variable("OMP_NUM_THREADS") is null && variable("MKL_NUM_THREADS") is null ? Math.Min(threads, processors) : threads;
}
