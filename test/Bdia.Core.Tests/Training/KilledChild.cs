using System.Diagnostics;
using Bdia.Core.Numerics;
using Bdia.Core.Training;

namespace Bdia.Core.Tests.Training;

/// <summary>
/// A run in a process of its own, which is this assembly once more, killed (SIGKILL) at random moments and begun again until it ends.
/// </summary>
/// <param name="test">The explicit test that is the run: full name of its class and method.</param>
internal sealed class KilledChild(string test) : IDisposable
{
    private const string FolderVariable = "BDIA_TEST_KILLED_RUN";
    private readonly string folder = Directory.CreateTempSubdirectory("bdia-kill-").FullName;

    private string ResultFile => Path.Combine(folder, "final.bytes");

    private string BegunFile => Path.Combine(folder, "begun");

    /// <summary>What the explicit test does: runs, unless it was started as an ordinary test.</summary>
    /// <param name="run">Trains with this checkpoint folder, reports to this, and gives the weights.</param>
    public static void Live(Func<string, Action<TrainingProgress>, byte[]> run)
    {
        var folder = Environment.GetEnvironmentVariable(FolderVariable);
        Assert.SkipWhen(folder is null, $"runs only as a child process, with {FolderVariable} set");
        var weights = run(Path.Combine(folder!, "checkpoints"), _ => File.WriteAllText(Path.Combine(folder!, "begun"), ""));
        File.WriteAllBytes(Path.Combine(folder!, "final.bytes"), weights);
    }

    /// <summary>Runs the child to its end, killing it up to three times.</summary>
    /// <param name="latestKill">Milliseconds after its first report at which it is killed at the latest.</param>
    /// <returns>The weights that it ended with.</returns>
    public byte[] RunAndKill(int latestKill)
    {
        var random = RandomSequence.At((ulong)Environment.TickCount64); // the moments are random; the outcome must not be
        var kills = 0;
        while (!File.Exists(ResultFile))
        {
            Assert.True(kills < 30, "the run made no headway between kills");
            if (Run(killAfter: kills < 3 ? 20 + random.Next(latestKill) : null)) kills++;
        }

        Assert.True(kills >= 2, $"the run was killed {kills} times");
        TestContext.Current.TestOutputHelper?.WriteLine($"killed {kills} times");
        return File.ReadAllBytes(ResultFile);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    /// <summary>Runs the child, and kills it that many milliseconds after it has begun to train; true if it was killed.</summary>
    private bool Run(int? killAfter)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", typeof(KilledChild).Assembly.Location, "-method", test, "-explicit", "only"])
        {
            Environment = { [FolderVariable] = folder },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        File.Delete(BegunFile);
        using var child = Process.Start(start)!;
        var output = child.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = child.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        if (killAfter is { } milliseconds)
        {
            while (!File.Exists(BegunFile) && !child.HasExited) Thread.Sleep(5);
            if (!child.WaitForExit(milliseconds))
            {
                child.Kill(); // SIGKILL on Unix: no handler, no finally
                child.WaitForExit();
                return true;
            }
        }

        child.WaitForExit();
        Assert.True(child.ExitCode == 0, $"{output.Result}{errors.Result}");
        return false;
    }
}
