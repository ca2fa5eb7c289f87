using Bdia.Core.Training;
using TorchSharp;

namespace Bdia.Core.Tests.Training;

public sealed class WeightAverageTests : IDisposable
{
    private static readonly TrainingOptions Options = new() { Epochs = 5, LearningRate = 0.02, Seed = 5, BestBy = ModelSelection.Score };
    private readonly string folder = Directory.CreateTempSubdirectory("bdia-average-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private sealed record Outcome(TrainingResult Result, Dictionary<string, float[]> Weights, List<Dictionary<string, float[]>> Epochs);

    /// <summary>Trains with these scores of the epochs, and one for the average behind them; null = no validation.</summary>
    private static Outcome Run(
        double[]? scores, int count, WeightAverage of = WeightAverage.Last, TrainingOptions? options = null,
            Action<TrainingProgress>? progress = null,
        Func<bool>? probe = null, Func<ValidationResult>? average = null)
    {
        var epochs = new List<Dictionary<string, float[]>>();
        ToyTask? task = null;
        task = new ToyTask
        {
            OnValidate = scores is null ? null : (epoch, _) => new ValidationResult(1, 10, Score: scores[epoch - 1]),
            OnValidateAverage = (_, _) => average?.Invoke() ?? new ValidationResult(1, 10, Score: scores![^1]),
        };
        using var net = task.Net;
        var trainer = new Trainer<ToyBatch>(options ?? Options) { AverageEpochs = count, AverageOf = of };
        var result = trainer.Run(task, new ToySource(64, 16, 5), new Call(p =>
        {
            if (p.CompletedEpoch is not null) epochs.Add(Values(net));
            progress?.Invoke(p);
        }), null, probe, CancellationToken.None);
        return new Outcome(result, Values(net), epochs);
    }

    private static Dictionary<string, float[]> Values(torch.nn.Module module)
        => module.state_dict().ToDictionary(pair => pair.Key, pair => pair.Value.data<float>().ToArray());

    private static Dictionary<string, float[]> Mean(params List<Dictionary<string, float[]>> epochs)
        => epochs[0].Keys.ToDictionary(name => name,
            name => epochs[0][name].Select((_, i) => (float)(epochs.Sum(epoch => (double)epoch[name][i]) * (1.0 / epochs.Count)))
            .ToArray());

    [Fact]
    public void The_last_epochs_are_averaged_without_validation()
    {
        var run = Run(null, 3);
        Assert.Equal(Mean(run.Epochs[2], run.Epochs[3], run.Epochs[4]), run.Weights);
        Assert.Equal([3, 4, 5], run.Result.AveragedEpochs!);
        Assert.Null(run.Result.BestEpoch);
        Assert.Null(run.Result.AverageValidation);
    }

    [Fact]
    public void The_best_epochs_are_averaged_in_their_order()
    {
        var run = Run([5, 9, 1, 7, 2, /* the average: */ 10], 3, WeightAverage.Best);
        Assert.Equal(Mean(run.Epochs[0], run.Epochs[1], run.Epochs[3]), run.Weights);
        Assert.Equal([1, 2, 4], run.Result.AveragedEpochs!);
        Assert.Equal(10, run.Result.BestValidation!.Score);
        Assert.Null(run.Result.BestEpoch);
    }

    [Fact]
    public void Of_equal_epochs_the_earlier_are_averaged()
        => Assert.Equal([1, 2], Run([5, 5, 5, 5, 5, 6], 2, WeightAverage.Best).Result.AveragedEpochs!);

    [Theory]
    [InlineData(9, false)]
    [InlineData(9.5, true)]
    public void An_average_is_the_model_only_if_it_is_better_than_the_best_epoch(double average, bool kept)
    {
        var run = Run([5, 9, 1, 7, 2, average], 2);
        Assert.Equal(kept ? Mean(run.Epochs[3], run.Epochs[4]) : run.Epochs[1], run.Weights);
        Assert.Equal(kept ? null : 2, run.Result.BestEpoch);
        Assert.Equal(kept ? 9.5 : 9, run.Result.BestValidation!.Score);
        Assert.Equal(average, run.Result.AverageValidation!.Score);
        Assert.Equal(kept, run.Result.AveragedEpochs is not null);
    }

    [Fact]
    public void An_average_that_is_no_number_is_not_kept()
        => Assert.Equal(2, Run([5, 9, 1, 7, 2, 0], 2, average: () => new ValidationResult(double.NaN, 10, Score: 20)).Result.BestEpoch);

    [Fact]
    public void Fewer_epochs_than_asked_for_are_averaged_and_one_is_no_average()
    {
        var run = Run(null, 100);
        Assert.Equal(Mean(run.Epochs), run.Weights);
        Assert.Null(Run(null, 3, options: Options with { Epochs = 1 }).Result.AveragedEpochs);
        Assert.Null(Run(null, 1).Result.AveragedEpochs);
    }

    [Fact]
    public void A_run_out_of_time_is_averaged_and_a_cancelled_one_is_not()
    {
        var epochs = 0;
        bool Stop() => epochs >= 3;
        var cancelled = Run([1, 2, 3, 4, 5, 6], 2, progress: p => epochs = p.Epoch, probe: Stop);
        Assert.Equal((StopReason.Cancelled, null), (cancelled.Result.StopReason, cancelled.Result.AveragedEpochs));

        var scores = Enumerable.Range(0, 1_000_000).Select(epoch => epoch < 3 ? epoch : 0.0).ToArray();
        // Where the time ends within an epoch, its last weights are judged in the same way, before the average, which must beat them.
        var score = 3;
        var late = Run(scores, 2, options: Options with { Epochs = scores.Length, TimeBudget = TimeSpan.FromSeconds(2) },
            average: () => new ValidationResult(1, 10, Score: ++score));
        Assert.Equal(StopReason.TimeBudget, late.Result.StopReason);
        Assert.Equal([late.Result.History.Count - 1, late.Result.History.Count], late.Result.AveragedEpochs!);
    }

    [Theory]
    [InlineData(WeightAverage.Last)]
    [InlineData(WeightAverage.Best)]
    public void A_run_stopped_and_resumed_has_the_same_average(WeightAverage of)
    {
        double[] scores = [5, 9, 1, 7, 2, 10];
        var whole = Run(scores, 2, of);
        for (var step = 1; step <= whole.Result.Steps; step += 3)
        {
            foreach (var file in Directory.GetFiles(folder)) File.Delete(file);
            var resuming = Options with { CheckpointDirectory = folder, CheckpointEverySteps = 1, Resume = true };
            Assert.Throws<FormatException>(() => Run(scores, 2, of, resuming, p => { if (p.Step == step) throw new FormatException(); }));
            var resumed = Run(scores, 2, of, resuming);
            Assert.Equal(whole.Weights, resumed.Weights);
            Assert.Equal(whole.Result.AveragedEpochs, resumed.Result.AveragedEpochs);
        }

        var again = Run(scores, 2, of, Options with { CheckpointDirectory = folder, CheckpointEverySteps = 1, Resume = true },
            _ => Assert.Fail("a step was made"));
        Assert.Equal(whole.Weights, again.Weights);
    }

    [Fact]
    public void Wrong_numbers_and_the_best_without_validation_are_refused()
    {
        Assert.Contains("AverageEpochs is 0; it must be 1..100", Assert.Throws<ArgumentException>(() => Run(null, 0)).Message,
            StringComparison.Ordinal);
        Assert.Contains("nothing to validate on", Assert.Throws<ArgumentException>(() => Run(null, 2, WeightAverage.Best)).Message,
            StringComparison.Ordinal);
    }
}
