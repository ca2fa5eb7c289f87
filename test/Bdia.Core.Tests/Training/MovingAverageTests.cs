using Bdia.Core.Training;
using TorchSharp;

namespace Bdia.Core.Tests.Training;

public sealed class MovingAverageTests : IDisposable
{
    // A sum of differences in float32, taken anew in every step, against one in double precision.
    private const double Tolerance = 1e-6;

    private static readonly TrainingOptions Options = new() { Epochs = 4, LearningRate = 0.02, Seed = 5, EmaDecay = 0.8 };
    private readonly string folder = Directory.CreateTempSubdirectory("bdia-moving-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Without_validation_the_run_ends_with_the_average_of_its_steps()
    {
        var run = Run(Options);
        var start = Values(new ToyTask().Net);
        foreach (var (name, values) in run.Weights)
        {
            for (var i = 0; i < values.Length; i++)
            {
                var average = (double)run.Steps[0][name][i];
                for (var step = 1; step <= run.Steps.Count; step++)
                {
                    var decay = Math.Min(0.8, (1 + step) / (10.0 + step));
                    average = decay * average + (1 - decay) * run.Steps[step - 1][name][i];
                }

                Assert.Equal(average, values[i], Tolerance);
            }

            Assert.NotEqual(start[name], values);
            Assert.NotEqual(run.Steps[^1][name], values);
        }
    }

    [Fact]
    public void Steps_are_those_of_a_run_without_an_average()
    {
        var (with, without) = (Run(Options), Run(Options with { EmaDecay = 0 }));
        Assert.Equal(without.Steps, with.Steps);
        Assert.Equal(without.Steps[^1], without.Weights);
    }

    [Fact]
    public void Validation_sees_the_average_and_the_best_of_it_is_kept()
    {
        var seen = new List<Dictionary<string, float[]>>();
        double[] scores = [1, 5, 2, 3];
        var run = Run(Options with { BestBy = ModelSelection.Score }, (net, epoch) =>
        {
            seen.Add(Values(net));
            return new ValidationResult(1, 10, Score: scores[epoch - 1]);
        });
        Assert.Equal(2, run.Result.BestEpoch);
        Assert.Equal(seen[1], run.Weights);
        Assert.Equal(Run(Options).Steps, run.Steps); // what was seen is put back
        Assert.Equal(Run(Options).Weights, seen[3]);
    }

    [Fact]
    public void A_validation_that_fails_leaves_the_average_where_it_was()
    {
        var run = Run(Options with { OnDivergence = DivergencePolicy.ReturnBest }, (_, epoch) => epoch < 3
            ? new ValidationResult(1, 10, 0.1 * epoch) : new ValidationResult(double.NaN, 10, 0.9));
        Assert.Equal((StopReason.Diverged, 2), (run.Result.StopReason, run.Result.BestEpoch));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_run_stopped_and_resumed_has_the_same_average(bool validates)
    {
        Func<torch.nn.Module, int, ValidationResult>? validate = validates
            ? (net, epoch) => new ValidationResult(Values(net)["fc1"][0], 10, 0.5 - 0.1 * Math.Abs(epoch - 3)) : null;
        var whole = Run(Options, validate);
        for (var step = 1; step <= whole.Result.Steps; step += 3)
        {
            foreach (var file in Directory.GetFiles(folder)) File.Delete(file);
            var resuming = Options with { CheckpointDirectory = folder, CheckpointEverySteps = 1, Resume = true };
            Assert.Throws<FormatException>(() => Run(resuming, validate, p => { if (p.Step == step) throw new FormatException(); }));
            var resumed = Run(resuming, validate);
            Assert.Equal(whole.Weights, resumed.Weights);
            Assert.Equal(whole.Result.BestValidation, resumed.Result.BestValidation);
        }

        var other = Options with { EmaDecay = 0.7, CheckpointDirectory = folder, Resume = true };
        Assert.Contains("EmaDecay is 0.8 in the checkpoint and 0.7 here",
            Assert.Throws<CheckpointException>(() => Run(other, validate)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Left_open_it_reaches_over_a_tenth_of_the_run()
    {
        Assert.Equal(0.99, MovingAverage.Decay(1000), 12);
        Assert.Equal(0, MovingAverage.Decay(10));
        Assert.Equal(0, MovingAverage.Decay(1));
        var open = Run(Options with { Epochs = 25, EmaDecay = null });
        Assert.Equal(Run(Options with { Epochs = 25, EmaDecay = 1 - 1 / (0.1 * open.Result.Steps) }).Weights, open.Weights);
    }

    private sealed record Outcome(TrainingResult Result, Dictionary<string, float[]> Weights, List<Dictionary<string, float[]>> Steps);

    private static Outcome Run(TrainingOptions options, Func<torch.nn.Module, int, ValidationResult>? validate = null,
        Action<TrainingProgress>? progress = null)
    {
        var steps = new List<Dictionary<string, float[]>>();
        ToyTask? task = null;
        task = new ToyTask { OnValidate = validate is null ? null : (epoch, _) => validate(task!.Net, epoch) };
        using var net = task.Net;
        var result = task.Train(options, new ToySource(64, 16, 5), p =>
        {
            if (p.CompletedEpoch is null) steps.Add(Values(net));
            progress?.Invoke(p);
        });
        return new Outcome(result, Values(net), steps);
    }

    private static Dictionary<string, float[]> Values(torch.nn.Module module)
        => module.state_dict().ToDictionary(pair => pair.Key, pair => pair.Value.data<float>().ToArray());
}
