using Bdia.Core.Reversible;
using Bdia.Core.Tensors;
using Bdia.Core.Training;
using TorchSharp;

namespace Bdia.Core.Tests.Training;

public sealed class TrainerTests
{
    private static readonly TrainingOptions Short = new() { Epochs = 3, LearningRate = 0.01, Seed = 5 };

    private static TrainingResult Run(
        ToyTask task, TrainingOptions? options = null, int rows = 64, int batch = 16, Action<TrainingProgress>? progress = null,
        Func<bool>? probe = null, CancellationTokenSource? cancel = null)
        => task.Train(options ?? Short, new ToySource(rows, batch, 5), progress, probe, cancel);

    [Fact]
    public void Learns_and_reports_every_step_and_epoch()
    {
        using var task = Disposing(new ToyTask { OnValidate = null });
        var reports = new List<TrainingProgress>();

        var result = Run(task.Task, Short with { Epochs = 30 }, rows: 70, progress: reports.Add);

        Assert.Equal(StopReason.Completed, result.StopReason);
        Assert.Equal(30 * 5, result.Steps);
        Assert.Equal(30, result.History.Count);
        Assert.True(result.History[^1].TrainingLoss < 0.7 * result.History[0].TrainingLoss);
        Assert.True(result.History[^1].TrainingAccuracy > 0.8);
        Assert.Null(result.BestEpoch);
        Assert.Equal(30 * (5 + 1), reports.Count);
        Assert.Equal(Enumerable.Range(1, 150), reports.Where(r => r.CompletedEpoch is null).Select(r => (int)r.Step));
        var last = reports[^1];
        Assert.Same(result.History[^1], last.CompletedEpoch);
        Assert.Equal((30, 30, 150, 5, 5, 150), (last.Epoch, last.Epochs, last.Step, last.StepInEpoch, last.StepsPerEpoch, last.TotalSteps));
        Assert.Equal(42, last.SideInformationBytes);
        Assert.True(last.PeakResidentBytes > 10_000_000);
        Assert.True(last.ItemsPerSecond > 0);
        Assert.Equal(TimeSpan.Zero, last.Remaining);
        Assert.False(task.Task.Net.training);
    }

    [Fact]
    public void Epoch_loss_weighs_a_last_partial_batch_by_its_rows()
    {
        var batches = 0;
        using var task = Disposing(new ToyTask { OnLoss = loss => loss.Times(0).Plus(++batches == 1 ? 1 : 6) });
        var result = Run(task.Task, Short with { Epochs = 1 }, rows: 20); // 16 rows with loss 1, 4 with loss 6
        Assert.Equal(2, result.History[0].TrainingLoss, 12);
    }

    [Fact]
    public void Accumulated_batches_of_unequal_size_train_like_one_large_batch()
    {
        using var large = Disposing(new ToyTask());
        using var small = Disposing(new ToyTask());
        Run(large.Task, Short with { ClipNorm = 0.05 }, rows: 50, batch: 50);
        Run(small.Task, Short with { ClipNorm = 0.05, AccumulationSteps = 4 }, rows: 50, batch: 16); // 16 + 16 + 16 + 2

        var difference = (large.Task.Net.fc1 - small.Task.Net.fc1).abs().max().item<float>();
        Assert.True(difference < 1e-5, $"differs by {difference}");
    }

    [Fact]
    public void Accumulation_of_one_does_not_scale_the_gradient_and_the_last_group_may_be_short()
    {
        using var task = Disposing(new ToyTask());
        var result = Run(task.Task, Short with { AccumulationSteps = 3 });
        Assert.Equal(3 * 2, result.Steps); // 4 batches an epoch: 3 + 1
    }

    [Fact]
    public void The_clock_counts_steps_over_the_run_and_rows_within_a_step()
    {
        var seen = new List<(long, long, double)>();
        using var task = Disposing(new ToyTask { OnClock = clock => seen.Add((clock.Step, clock.FirstRow, clock.Progress)) });
        Run(task.Task, Short with { Epochs = 2, AccumulationSteps = 2 });
        Assert.Equal([(0, 0, 0), (0, 16, 0), (1, 0, 0.25), (1, 16, 0.25), (2, 0, 0.5), (2, 16, 0.5), (3, 0, 0.75), (3, 16, 0.75)], seen);
    }

    [Fact]
    public void Early_stopping_restores_the_best_weights_bit_for_bit()
    {
        double[] accuracies = [0.5, 0.7, 0.68, 0.6, 0.65, 0.9];
        var weights = new List<byte[]>();
        ToyTask? toy = null;
        toy = new ToyTask { OnValidate = (epoch, _) =>
            { weights.Add(Weights.Bytes(toy!.Net)); return new ValidationResult(1, 10_000, accuracies[epoch - 1]); } };
        using var task = Disposing(toy);

        var result = Run(toy, Short with { Epochs = 6, EarlyStoppingPatience = 3 });

        Assert.Equal(StopReason.EarlyStopping, result.StopReason);
        Assert.Equal(5, result.History.Count);
        Assert.Equal(2, result.BestEpoch);
        Assert.Equal(0.7, result.BestValidation!.Accuracy);
        Assert.Equal(weights[1], Weights.Bytes(toy.Net));
    }

    [Fact]
    public void Of_equal_accuracies_the_lower_loss_is_better_but_no_progress()
    {
        double[] losses = [1, 0.9, 0.8, 0.7];
        using var task = Disposing(new ToyTask { OnValidate = (epoch, _) => new ValidationResult(losses[epoch - 1], 10, 0.5) });
        var result = Run(task.Task, Short with { Epochs = 4, EarlyStoppingPatience = 2 });
        Assert.Equal((StopReason.EarlyStopping, 3, 3), (result.StopReason, result.History.Count, result.BestEpoch!.Value));
    }

    [Fact]
    public void Progress_below_the_minimum_does_not_reset_patience_but_still_is_best()
    {
        double[] losses = [1, 0.95, 0.91, 0.89, 0.2];
        using var task = Disposing(new ToyTask { OnValidate = (epoch, _) => new ValidationResult(losses[epoch - 1], 10) });
        var result = Run(task.Task, Short with { Epochs = 5, BestBy = ModelSelection.Loss, EarlyStoppingPatience = 2,
            EarlyStoppingMinDelta = 0.1 });
        Assert.Equal((StopReason.EarlyStopping, 3, 3), (result.StopReason, result.History.Count, result.BestEpoch!.Value));
    }

    [Fact]
    public void Scores_may_be_missing_in_some_epochs()
    {
        double?[] scores = [null, 10, null, 30, null];
        using var task = Disposing(new ToyTask { OnValidate = (epoch, _) => new ValidationResult(1, 10, Score: scores[epoch - 1]) });
        var result = Run(task.Task, Short with { Epochs = 5, BestBy = ModelSelection.Score, EarlyStoppingPatience = 1 });
        Assert.Equal((StopReason.Completed, 4), (result.StopReason, result.BestEpoch!.Value));
    }

    [Fact]
    public void The_last_epoch_is_validated_whatever_the_interval()
    {
        var epochs = new List<int>();
        using var task = Disposing(
            new ToyTask { OnValidate = (epoch, _) => { epochs.Add(epoch); return new ValidationResult(1, 10, 0.5); } });
        var result = Run(task.Task, Short with { Epochs = 5, ValidateEveryEpochs = 2 });
        Assert.Equal([2, 4, 5], epochs);
        Assert.Null(result.History[0].Validation);
    }

    [Fact]
    public void Cancellation_ends_the_run_after_the_step_with_the_latest_weights()
    {
        using var cancel = new CancellationTokenSource();
        using var task = Disposing(new ToyTask());
        byte[]? then = null;

        var result = Run(task.Task, Short with { Epochs = 1000 }, cancel: cancel, progress: p =>
        {
            if (p.Step != 6) return;
            then = Weights.Bytes(task.Task.Net);
            cancel.Cancel();
        });

        Assert.Equal((StopReason.Cancelled, 6L, 1), (result.StopReason, result.Steps, result.History.Count));
        Assert.Equal(then, Weights.Bytes(task.Task.Net));
    }

    [Fact]
    public void Cancellation_inside_an_accumulated_step_leaves_the_weights_of_the_step_before()
    {
        var (batches, stop) = (0, false);
        byte[]? then = null;
        ToyTask? toy = null;
        toy = new ToyTask { OnClock = _ => { if (++batches == 5) { then = Weights.Bytes(toy!.Net); stop = true; } } };
        using var task = Disposing(toy);
        var result = Run(toy, Short with { AccumulationSteps = 4, Epochs = 9 }, probe: () => stop);
        Assert.Equal((StopReason.Cancelled, 1L, 5), (result.StopReason, result.Steps, batches));
        Assert.Equal(then, Weights.Bytes(toy.Net));
        Assert.Null(toy.Net.fc1.grad);
    }

    [Fact]
    public void A_stop_during_validation_returns_the_best_model_so_far()
    {
        var stop = false;
        ToyTask? toy = null;
        toy = new ToyTask
        {
            OnValidate = (epoch, signal) =>
            {
                stop = epoch == 3;
                signal.ThrowIfRequested();
                return new ValidationResult(1, 10, epoch == 1 ? 0.9 : 0.1);
            },
        };
        using var task = Disposing(toy);
        var result = Run(toy, Short with { Epochs = 9 }, probe: () => stop);
        Assert.Equal((StopReason.Cancelled, 1, 2), (result.StopReason, result.BestEpoch!.Value, result.History.Count));
    }

    [Fact]
    public void The_time_budget_ends_the_run()
    {
        using var task = Disposing(new ToyTask());
        var result = Run(task.Task, Short with { Epochs = 1_000_000, TimeBudget = TimeSpan.FromSeconds(0.2) });
        Assert.Equal(StopReason.TimeBudget, result.StopReason);
        Assert.InRange(result.SecondsTraining, 0.2, 5);
    }

    [Fact]
    public void A_run_that_ends_before_its_first_step_has_no_result()
    {
        using var task = Disposing(new ToyTask());
        Assert.Contains("before the first step",
            Assert.Throws<OperationCanceledException>(() => Run(task.Task, Short, probe: () => true)).Message, StringComparison.Ordinal);
        var late = Assert.Throws<TimeoutException>(() => Run(task.Task, Short with { TimeBudget = TimeSpan.FromTicks(1) }));
        Assert.StartsWith("TimeBudget is 00:00:00.0000001", late.Message, StringComparison.Ordinal);
        Assert.False(task.Task.Module.training);
    }

    [Fact]
    public void What_a_callback_throws_reaches_the_caller_and_batches_are_disposed()
    {
        using var task = Disposing(new ToyTask());
        var source = new ToySource(64, 16, 5);
        var fault = Assert.Throws<FormatException>(
            () => task.Task.Train(Short, source, p => { if (p.Step == 2) throw new FormatException("mine"); }));
        Assert.Equal("mine", fault.Message);
        Assert.All(source.Given, batch => Assert.True(batch.Disposed));
        Assert.Null(task.Task.Net.fc1.grad);
        Assert.Equal(StopReason.Completed, task.Task.Train(Short, source).StopReason);
    }

    [Fact]
    public void A_loss_that_is_not_a_number_names_step_and_remedy_and_changes_no_weight()
    {
        var calls = 0;
        byte[]? then = null;
        ToyTask? toy = null;
        toy = new ToyTask
        {
            OnLoss = loss =>
            {
                if (++calls < 4) return loss;
                then = Weights.Bytes(toy!.Net);
                return loss.Times(float.NaN);
            },
        };
        using var task = Disposing(toy);
        var fault = Assert.Throws<TrainingDivergedException>(() => Run(toy));
        Assert.Equal(4, fault.Step);
        Assert.Contains("loss is NaN at step 4 (epoch 1", fault.Message, StringComparison.Ordinal);
        Assert.Contains("Lower LearningRate", fault.Message, StringComparison.Ordinal);
        Assert.Equal(then, Weights.Bytes(toy.Net));
    }

    [Fact]
    public void An_infinite_gradient_under_a_finite_loss_is_an_error_not_a_skipped_step()
    {
        // derivative of a root at 0
        using var task = Disposing(new ToyTask { OnLoss = loss => loss.Plus((loss - loss.detach()).abs().sqrt()) });
        var fault = Assert.Throws<TrainingDivergedException>(() => Run(task.Task));
        Assert.Contains("gradient norm", fault.Message, StringComparison.Ordinal);
        Assert.Equal(1, fault.Step);
    }

    [Fact]
    public void The_reason_that_a_stack_kept_is_thrown_when_the_backward_pass_fails()
    {
        var task = new ToyTask { OnLoss = loss => loss.detach(), BackwardFault = new ReversibilityException("block 3", 3) };
        using var owner = Disposing(task);
        Assert.Equal(3, Assert.Throws<ReversibilityException>(() => Run(task)).Block);
    }

    [Fact]
    public void A_source_that_miscounts_is_found()
    {
        using var task = Disposing(new ToyTask());
        Assert.Contains("ended after 4 batches",
            Assert.Throws<InvalidOperationException>(() => task.Task.Train(Short, new Miscounting(5))).Message, StringComparison.Ordinal);
        Assert.Contains("more than the 3 batches",
            Assert.Throws<InvalidOperationException>(() => task.Task.Train(Short, new Miscounting(3))).Message, StringComparison.Ordinal);
        Assert.Contains("needs at least one row",
            Assert.Throws<ArgumentException>(() => task.Task.Train(Short, new Miscounting(0))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Patience_without_validation_is_refused()
    {
        using var task = Disposing(new ToyTask());
        Assert.Contains("nothing to validate on",
            Assert.Throws<ArgumentException>(() => Run(task.Task, Short with { EarlyStoppingPatience = 2 })).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Training_leaves_no_tensor_behind_and_no_global_generator_moved()
    {
        using var task = Disposing(new ToyTask { OnValidate = (_, _) => new ValidationResult(1, 10, 0.5) });
        Run(task.Task);
        var state = torch.random.get_rng_state().bytes.ToArray();
        using var scope = torch.NewDisposeScope();
        Run(task.Task);
        Assert.Equal(0, scope.DisposablesCount);
        Assert.Equal(state, torch.random.get_rng_state().bytes.ToArray());
    }

    private static Owner Disposing(ToyTask task) => new(task);

    private sealed record Owner(ToyTask Task) : IDisposable
    {
        public void Dispose() => Task.Net.Dispose();
    }

    private sealed class Miscounting(int claimed) : IBatchSource<ToyBatch>
    {
        private readonly ToySource four = new(64, 16, 1);

        public int BatchCount(int epoch) => claimed;

        public IEnumerable<ToyBatch> Read(int epoch, int firstBatch, CancellationToken cancellation)
            => four.Read(epoch, firstBatch, cancellation);
    }
}
