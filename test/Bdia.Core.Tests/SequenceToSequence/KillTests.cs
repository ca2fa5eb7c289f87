using Bdia.Core.SequenceToSequence;
using Bdia.Core.Tests.Training;
using Bdia.Core.Training;

namespace Bdia.Core.Tests.SequenceToSequence;

/// <summary>The training of a translator, killed again and again and resumed each time.</summary>
public sealed class KillTests
{
    private static byte[] Train(string? folder, Action<TrainingProgress>? progress = null)
    {
        var training = TranslatorTrainingTests.Short with
        {
            Epochs = 8, LabelSmoothing = 0.1, AccumulationSteps = 2, BestBy = ModelSelection.Score,
                CheckpointDirectory = folder, Resume = folder is not null, CheckpointEverySteps = 2,
        };
        var sequences = TranslatorTrainingTests.Words with { BleuEveryEpochs = 2, AverageEpochs = 2 };
        using var translator = TranslatorTraining.Run(
            TranslatorTrainingTests.Tiny with { Dropout = 0.1 }, training, sequences, Toy.Pairs(120), progress: progress is null
                ? null : new Call(progress),
            cancellation: TestContext.Current.CancellationToken);
        return Weights.Bytes(translator.Model);
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
