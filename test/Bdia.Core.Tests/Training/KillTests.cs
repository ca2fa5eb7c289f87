using Bdia.Core.Training;

namespace Bdia.Core.Tests.Training;

/// <summary>A training process that is killed again and again and resumed each time.</summary>
public sealed class KillTests
{
    private static readonly TrainingOptions Options = new()
    {
        Epochs = 40, LearningRate = 0.01, Seed = 5, AccumulationSteps = 2, CheckpointEverySteps = 1,
            BestBy = ModelSelection.Loss, EarlyStoppingPatience = 40,
    };

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
    public void Child() => KilledChild.Live(Train);

    [Fact]
    [Trait("Category", "Slow")]
    public void A_process_killed_at_random_moments_and_resumed_ends_with_the_same_bits()
    {
        using var child = new KilledChild($"{typeof(KillTests).FullName}.{nameof(Child)}");
        Assert.Equal(child.RunAndKill(latestKill: 400), Train(null));
    }
}
