using System.Diagnostics;
using Bdia.Core.Training;

namespace Bdia.Core.Tests.Training;

/// <summary>A training process that is killed again and again (SIGKILL) and resumed each time.</summary>
public sealed class KillTests : IDisposable
{
    private const string FolderVariable = "BDIA_TEST_KILLED_RUN";
    private static readonly TrainingOptions Options = new()
    {
        Epochs = 40, LearningRate = 0.01, Seed = 5, AccumulationSteps = 2, CheckpointEverySteps = 1, BestBy = ModelSelection.Loss, EarlyStoppingPatience = 40,
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("bdia-kill-").FullName;

    private string WeightsFile => Path.Combine(_folder, "final.bytes");

    private string BegunFile => Path.Combine(_folder, "begun");

    private static byte[] Train(string? folder, Action<TrainingProgress>? progress = null)
    {
        ToyTask? task = null;
        task = new ToyTask { OnValidate = (_, _) => task!.Unseen() };
        using var net = task.Net;
        task.Train(Options with { CheckpointDirectory = folder, Resume = folder is not null }, new ToySource(160, 16, 5), progress);
        return Weights.Bytes(net);
    }

    /// <summary>Not a test: what the child process runs, which is this assembly once more.</summary>
    [Fact(Explicit = true)]
    public void Child()
    {
        var folder = Environment.GetEnvironmentVariable(FolderVariable);
        Assert.SkipWhen(folder is null, $"runs only as a child process, with {FolderVariable} set");
        var weights = Train(Path.Combine(folder!, "checkpoints"), _ => File.WriteAllText(Path.Combine(folder!, "begun"), ""));
        File.WriteAllBytes(Path.Combine(folder!, "final.bytes"), weights);
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void A_process_killed_at_random_moments_and_resumed_ends_with_the_same_bits()
    {
        var random = RandomSequence.At((ulong)Environment.TickCount64); // the moments are random; the outcome must not be
        var kills = 0;
        while (!File.Exists(WeightsFile))
        {
            Assert.True(kills < 30, "the run made no headway between kills");
            if (RunChild(killAfter: kills < 3 ? 20 + random.Next(400) : null)) kills++;
        }

        Assert.True(kills >= 2, $"the run was killed {kills} times");
        Assert.Equal(Train(null), File.ReadAllBytes(WeightsFile));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Runs the child, and kills it that many milliseconds after it has begun to train; true if it was killed.</summary>
    private bool RunChild(int? killAfter)
    {
        var assembly = typeof(KillTests).Assembly.Location;
        var start = new ProcessStartInfo("dotnet", ["exec", assembly, "-method", $"{typeof(KillTests).FullName}.{nameof(Child)}", "-explicit", "only"])
        {
            Environment = { [FolderVariable] = _folder },
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
