using Bdia.Core.Training;
using CsCheck;

namespace Bdia.Core.Tests.Training;

public sealed class PaceTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("bdia-pace-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    /// <summary>Time that goes on when it is told to.</summary>
    private sealed class ToldTime : TimeProvider
    {
        public double Seconds { get; set; }

        public override long TimestampFrequency => 1_000_000;

        public override long GetTimestamp() => (long)(Seconds * TimestampFrequency);
    }

    [Fact]
    public void A_schedule_ends_when_the_time_does_and_never_jumps()
        => Gen.Select(Gen.Double[0.2, 3].Array[4000], Gen.Int[100, 1000], Gen.Int[2000, 1_000_000]).Sample((seconds, budget, planned) =>
    {
        var (state, elapsed, told) = (new RunState(), 0.0, 0);
        var pace = new Pace(new() { TimeBudget = TimeSpan.FromSeconds(budget) }, planned, state, default, _ => told++);
        var before = 0.0;
        while (elapsed < budget && state.Step < planned)
        {
            elapsed += seconds[state.Step];
            state.Step++;
            pace.Note(TimeSpan.FromSeconds(elapsed));
            Assert.InRange(pace.Progress, before, 1);
            // At a steady speed a step is one of those left; the slowest foreseen are twice as slow as those that come.
            if (state.Step > 30) Assert.True(pace.Progress - before <= 1.0 / Math.Max(1, (budget - elapsed) / 3.2));
            before = pace.Progress;
        }

        Assert.InRange(pace.Progress, 0.97, 1);
        Assert.Equal(planned * pace.Progress, pace.Position, 1e-6 * planned);
        Assert.Equal(1, told);
        Assert.InRange(pace.TotalSteps, state.Step - 10, state.Step + 10);
    }, iter: 50);

    [Fact]
    public void A_run_that_fits_takes_the_planned_steps_whatever_the_time_does()
    {
        var state = new RunState();
        var options = new TrainingOptions { TimeBudget = TimeSpan.FromSeconds(100) };
        var pace = new Pace(options, 90, state, default, _ => Assert.Fail("nothing is to be told"));
        for (state.Step = 1; state.Step < 90; state.Step++)
        {
            pace.Note(TimeSpan.FromSeconds(1.05 * state.Step));
            Assert.Equal((state.Step / 90.0, state.Step), (pace.Progress, pace.Position));
        }

        Assert.Null(state.Pace);
        Assert.Equal(90, pace.TotalSteps);
    }

    [Fact]
    public void Schedules_that_know_no_end_go_by_steps()
    {
        var state = new RunState { Step = 10, Pace = new PaceMark(0, 0, 20) };
        var options = new TrainingOptions { TimeBudget = TimeSpan.FromSeconds(20) };
        Assert.Equal((0.5, 500), Of(LearningRateSchedule.Cosine));
        Assert.Equal((0.5, 10), Of(LearningRateSchedule.InverseSquareRoot, warmupSteps: 5));
        Assert.Equal((0.5, 10), Of(LearningRateSchedule.Constant, share: 0));
        // A warm-up that is a share of the run would not be over before a short time is.
        Assert.Equal((0.5, 500), Of(LearningRateSchedule.InverseSquareRoot));
        Assert.Equal((0.5, 500), Of(LearningRateSchedule.Constant));

        (double, double) Of(LearningRateSchedule schedule, int warmupSteps = 0, double share = 0.25)
        {
            var pace = new Pace(options with
            {
                LearningRateSchedule = schedule, WarmupSteps = warmupSteps, WarmupFraction = share,
            }, 1000, state, default, _ => { });
            return (pace.Progress, pace.Position);
        }
    }

    [Fact]
    public void A_run_that_goes_on_without_a_budget_spreads_the_rest_over_the_steps_that_are_left()
    {
        var state = new RunState { Step = 10, Pace = new PaceMark(0, 0, 20) };
        var pace = new Pace(new(), 110, state, default, _ => { });
        Assert.Equal(0.5, pace.Progress);
        state.Step = 60;
        Assert.Equal(0.75, pace.Progress);
        state.Step = 110;
        Assert.Equal(1, pace.Progress);
    }

    [Fact]
    public void A_run_with_more_epochs_than_fit_ends_at_the_floor_of_its_cosine_and_judges_what_came_of_it()
    {
        var rates = new List<double>();
        var (result, weights) = Run(TimeSpan.FromSeconds(150), new ToldTime(), p => rates.Add(p.LearningRate));
        Assert.Equal(StopReason.TimeBudget, result.StopReason);
        Assert.InRange(rates[^1], 0, 0.03 * rates.Max());
        Assert.Equal(rates.Count, rates.Distinct().Count() + rates.Count(rate => rate == rates[^1]) - 1); // rises, then falls
        // 64 rows in batches of 16: the last epoch was begun only, and its weights are the best.
        Assert.Equal(result.History.Count + 1, result.BestEpoch);
        Assert.NotEqual(0, result.Steps % 4);
        Assert.NotEmpty(weights);
    }

    [Fact]
    public void A_run_stopped_and_resumed_goes_on_with_its_schedule()
    {
        var (first, second) = (new List<double>(), new List<double>());
        Assert.Throws<FormatException>(() => Run(TimeSpan.FromSeconds(150), new ToldTime(), p =>
        {
            first.Add(p.LearningRate);
            if (p.Step == 80) throw new FormatException();
        }, folder));
        var (result, _) = Run(TimeSpan.FromSeconds(150), new ToldTime(), p => second.Add(p.LearningRate), folder);
        Assert.Equal(80, result.ResumedAtStep);
        Assert.InRange(second[0], 0.9 * first[^1], first[^1]);
        Assert.InRange(second[^1], 0, 0.03 * first.Max());
    }

    [Fact]
    public void A_checkpoint_whose_mark_no_run_can_have_is_refused()
    {
        Assert.Throws<InvalidDataException>(() => new RunState { Pace = new PaceMark(3, 0, 5) }.RequireSound());
        Assert.Throws<InvalidDataException>(() => new RunState { Pace = new PaceMark(0, double.NaN, 5) }.RequireSound());
        Assert.Throws<InvalidDataException>(() => new RunState { Pace = new PaceMark(0, 0, double.NaN) }.RequireSound());
        new RunState { Pace = new PaceMark(0, 0, 5) }.RequireSound();
    }

    // A second for each step; better with every validation.
    private static (TrainingResult Result, byte[] Weights) Run(TimeSpan budget, ToldTime time, Action<TrainingProgress> step,
        string? folder = null)
    {
        var validations = 0;
        var task = new ToyTask { OnValidate = (_, _) => new ValidationResult(1, 10, 0.001 * ++validations) };
        using var net = task.Net;
        var options = new TrainingOptions { Epochs = 100_000, LearningRate = 0.02, TimeBudget = budget, CheckpointDirectory = folder,
            CheckpointEverySteps = 1, Resume = folder is not null };
        var result = new Trainer<ToyBatch>(options) { Time = time }.Run(task, new ToySource(64, 16, 5), new Call(p =>
        {
            if (p.CompletedEpoch is not null) return;
            time.Seconds += 1;
            step(p);
        }), null, null, CancellationToken.None);
        return (result, Weights.Bytes(net));
    }
}
