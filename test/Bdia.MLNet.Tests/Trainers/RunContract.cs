using System.Globalization;
using System.Reflection;
using Bdia.Core.Distributed;
using Bdia.Core.Native;
using Bdia.Core.Operations;
using Bdia.Core.Training;
using Bdia.MLNet.Tests.Support;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Bdia.MLNet.Tests.Trainers;

/// <summary>
/// How a run of every Bdia trainer is stopped, resumed and repeated, whatever its task. A run has two steps or more per epoch.
/// </summary>
public abstract class RunContract<TTransformer> where TTransformer : BdiaTransformer
{
    protected MLContext Context { get; private set; } = new(1);

    /// <summary>Trains the smallest useful model on <see cref="Data"/>.</summary>
    protected abstract TTransformer Fit(Action<BdiaTrainerOptions> change, int epochs = 3);

    protected abstract IDataView Data { get; }

    protected abstract TrainingResult Result(TTransformer model);

    protected abstract string[] Outputs { get; }

    private ScoredRows Score(TTransformer model) => ScoredRows.Of(model.Transform(Data), Outputs);

    private void AssertStoppedAtFour(Action<BdiaTrainerOptions> change)
    {
        using var model = Fit(change, epochs: 1000);

        Assert.Equal(StopReason.Cancelled, Result(model).StopReason);
        Assert.InRange(Result(model).Steps, 4, 5);
    }

    private static Reports AtStepFour(Action then) => new(report =>
    {
        if (report.Step == 4)
            then();
    });

    [Fact]
    public void A_token_stops_the_run_within_a_batch_and_the_model_so_far_is_returned()
    {
        using var source = new CancellationTokenSource();

        AssertStoppedAtFour(options => (options.Progress, options.CancellationToken) = (AtStepFour(source.Cancel), source.Token));
    }

    [Fact]
    public void CancelExecution_stops_the_run_and_the_model_so_far_is_returned()
    {
        var cancel = typeof(MLContext).GetMethod("CancelExecution", BindingFlags.Instance | BindingFlags.NonPublic)!;

        AssertStoppedAtFour(options => options.Progress = AtStepFour(() => cancel.Invoke(Context, null)));
    }

    [Fact]
    public void A_run_that_was_cancelled_before_it_began_has_no_model_to_return()
        => Assert.Throws<OperationCanceledException>(
            () => Fit(options => options.CancellationToken = new CancellationToken(canceled: true)));

    [Fact]
    public async Task Ranks_that_share_a_run_get_the_model_of_one_and_rank_0_speaks()
    {
        var reports = new int[2];
        using var alone = Fit(options => (options.Seed, options.Distributed) = (5, new() { Parts = 2 }));
        var expected = Score(alone);
        var ranks = InProcessRanks.Create(2);
        var scores = await Task.WhenAll(ranks.Select(rank => Task.Factory.StartNew(() =>
        {
            using var model = Fit(options =>
            {
                // Rank 0's seed is that of all.
                (options.Seed, options.Distributed) = (rank.IsFirst ? 5 : null, new() { Ranks = rank, Parts = 2 });
                options.Progress = new Reports(_ => reports[rank.Rank]++);
            });
            return Score(model);
        }, TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

        Assert.All(scores, score => score.AssertEqual(expected));
        Assert.True(reports is [> 0, 0], $"rank 0 reported {reports[0]} times, rank 1 {reports[1]} times");
    }

    [Fact]
    public void A_time_budget_ends_the_run()
    {
        using var model = Fit(options => options.TimeBudget = TimeSpan.FromSeconds(1), epochs: 100_000);

        Assert.Equal(StopReason.TimeBudget, Result(model).StopReason);
    }

    [Fact]
    public void A_time_budget_that_is_over_before_the_first_step_leaves_no_model()
        => Assert.Contains("TimeBudget is 00:00:00.0000001",
            Assert.Throws<TimeoutException>(() => Fit(options => options.TimeBudget = TimeSpan.FromTicks(1))).Message,
            StringComparison.Ordinal);

    [Fact]
    public void A_run_that_is_cancelled_before_the_first_step_leaves_no_model()
    {
        using var source = new CancellationTokenSource();
        Context.Log += (_, line) =>
        {
            if (line.RawMessage.Contains("is estimated to take", StringComparison.Ordinal))
                source.Cancel();
        };

        Assert.Throws<OperationCanceledException>(() => Fit(options => options.CancellationToken = source.Token));
    }

    [Fact]
    public void A_model_that_was_stopped_before_anything_was_validated_comes_with_a_warning()
    {
        using var source = new CancellationTokenSource();
        var log = new LogLines(Context);

        AssertStoppedAtFour(options =>
            (options.Progress, options.ValidateEveryEpochs, options.CancellationToken) = (AtStepFour(source.Cancel), 1000, source.Token));

        Assert.Contains(log.Of(ChannelMessageKind.Warning),
            line => line.Contains("may have learned next to nothing", StringComparison.Ordinal));
    }

    [Fact]
    public void A_run_resumes_from_its_checkpoints_and_ends_with_the_same_outputs()
    {
        using var folder = new TemporaryFolder();
        using var source = new CancellationTokenSource();

        using var whole = Fit(options => options.Seed = 5, epochs: 4);
        using (Fit(options => (options.Seed, options.CheckpointDirectory, options.CheckpointEverySteps,
            options.Progress, options.CancellationToken)
            = (5, folder.Path, 1, AtStepFour(source.Cancel), source.Token), epochs: 4))
        {
        }
        using var resumed = Fit(options =>
            (options.Seed, options.CheckpointDirectory, options.CheckpointEverySteps, options.Resume) =
            (5, folder.Path, 1, true), epochs: 4);

        Assert.InRange(Result(resumed).ResumedAtStep, 1, 5);
        Score(resumed).AssertEqual(Score(whole));
    }

    [Fact]
    public void An_unset_seed_is_that_of_the_checkpoint_whatever_else_the_context_has_drawn()
    {
        using var folder = new TemporaryFolder();
        Context = new MLContext();
        using var whole = Fit(options => (options.CheckpointDirectory, options.Seed) = (folder.File("whole"), 77), epochs: 4);
        using (Fit(options => (options.CheckpointDirectory, options.Seed) = (folder.File("cut"), 77), epochs: 2))
        {
        }

        Context = new MLContext(); // another process, with another loader before the trainer
        _ = Context.Transforms.Conversion.MapValueToKey("Label");
        _ = Context.Data.ShuffleRows(Data);
        var log = new LogLines(Context);
        using var resumed = Fit(options => (options.CheckpointDirectory, options.Resume) = (folder.File("cut"), true), epochs: 4);

        var lines = log.Of(ChannelMessageKind.Info).ToList();
        Assert.Contains(lines, line => line.Contains("seed 77 (the checkpoint's)", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("Going on from checkpoint-", StringComparison.Ordinal)
            && line.Contains("Epochs is 2 in the checkpoint and 4 here", StringComparison.Ordinal));
        Assert.Equal(Result(whole).Steps, Result(resumed).Steps);
        Assert.Equal(4, Result(resumed).History.Count);
    }

    [Fact]
    public void Two_runs_of_contexts_without_a_seed_are_one_run_when_the_second_resumes()
    {
        using var folder = new TemporaryFolder();
        using var source = new CancellationTokenSource();
        Context = new MLContext();
        using (Fit(options => (options.CheckpointDirectory, options.Progress, options.CancellationToken) = (folder.Path,
            AtStepFour(source.Cancel), source.Token), epochs: 4))
        {
        }
        Context = new MLContext();

        using var resumed = Fit(options => (options.CheckpointDirectory, options.Resume) = (folder.Path, true), epochs: 4);

        Assert.InRange(Result(resumed).ResumedAtStep, 1, 5);
        Assert.Equal(4, Result(resumed).History.Count);
    }

    [Fact]
    public void A_seed_that_was_asked_for_must_be_the_checkpoints()
    {
        using var folder = new TemporaryFolder();
        using (Fit(options => (options.CheckpointDirectory, options.Seed) = (folder.Path, 5), epochs: 1))
        {
        }

        var fault = Assert.Throws<CheckpointException>(
            () => Fit(options => (options.CheckpointDirectory, options.Seed, options.Resume) = (folder.Path, 6, true), epochs: 2));

        Assert.Contains("Seed is 5 in the checkpoint and 6 here", fault.Message, StringComparison.Ordinal);
        Assert.Contains("leave it unset", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Resume_with_nothing_to_go_on_from_begins_and_says_so()
    {
        using var folder = new TemporaryFolder();
        var log = new LogLines(Context);

        using var model = Fit(options => (options.CheckpointDirectory, options.Resume) = (folder.Path, true), epochs: 1);

        Assert.Contains(log.Of(ChannelMessageKind.Info),
            line => line == $"Resume is set, but {folder.Path} holds no checkpoint: training begins at the beginning.");
    }

    [Fact]
    public void Validation_rows_may_be_others_when_a_run_is_resumed()
    {
        using var folder = new TemporaryFolder();
        using (Fit(options => (options.CheckpointDirectory, options.ValidationSet) = (folder.Path, Data), epochs: 2))
        {
        }
        var log = new LogLines(Context);

        using var resumed = Fit(options =>
            (options.CheckpointDirectory, options.Resume, options.ValidationSet) =
            (folder.Path, true, Context.Data.TakeRows(Data, 12)), epochs: 3);

        Assert.Equal(3, Result(resumed).History.Count);
        Assert.Contains(log.Of(ChannelMessageKind.Info), line => line.Contains("judged anew", StringComparison.Ordinal));
    }

    [Fact]
    public void An_exception_that_ends_a_run_carries_the_best_model_so_far()
    {
        var log = new LogLines(Context);
        var stop = new Reports(report =>
        {
            if (report.CompletedEpoch?.Epoch == 3)
                throw new IOException("The disk is gone.");
        });
        var fault = Assert.Throws<IOException>(() => Fit(options => (options.Seed, options.Progress) = (5, stop), epochs: 4));

        using var best = fault.BestModel<TTransformer>()!;
        Assert.InRange(Result(best).BestEpoch!.Value, 1, 3);
        Assert.Equal(3, Result(best).History.Count);
        Assert.All(Score(best).Rows, row => Assert.NotNull(row));
        Assert.Contains(log.Of(ChannelMessageKind.Warning),
            line => line.Contains("The best model so far, that of epoch", StringComparison.Ordinal));
    }

    [Fact]
    public void Numbers_in_the_log_and_in_messages_are_written_alike_whatever_language_the_process_speaks()
    {
        var before = CultureInfo.CurrentCulture;
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone(); // made by hand: the test process has no others
        (culture.NumberFormat.NumberDecimalSeparator, culture.NumberFormat.PercentDecimalSeparator) = ("·", "·");
        CultureInfo.CurrentCulture = culture;
        try
        {
            var log = new LogLines(Context);
            using (Fit(_ => { }, epochs: 2))
            {
            }
            var fault = Assert.Throws<ArgumentException>(() => Fit(options => options.LearningRate = 99.5));

            Assert.DoesNotContain(log.Of(ChannelMessageKind.Info).Concat(log.Of(ChannelMessageKind.Warning)),
                line => line.Contains('·', StringComparison.Ordinal));
            Assert.Contains("LearningRate is 99.5", fault.Message, StringComparison.Ordinal);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void Seed_zero_is_a_seed_and_another_seed_gives_another_model()
    {
        using var zero = Fit(options => options.Seed = 0);
        using var again = Fit(options => options.Seed = 0);
        using var negative = Fit(options => options.Seed = -1);

        Score(zero).AssertEqual(Score(again));
        Assert.NotEqual(Score(zero).Rows[0], Score(negative).Rows[0]);
    }

    [Fact]
    public void In_bfloat16_a_model_learns_everywhere_and_the_log_says_where_that_saves_no_time()
    {
        var warnings = 0;
        Context.Log += (_, line) => warnings += line.RawMessage.Contains("no fast products", StringComparison.Ordinal) ? 1 : 0;

        using var model = Fit(options => options.Precision = ComputePrecision.BFloat16);

        Assert.True(Result(model).History[^1].TrainingLoss < Result(model).History[0].TrainingLoss);
        Assert.Equal(BdiaRuntime.HasBFloat16Products ? 0 : 1, warnings);
    }

    [Fact]
    public void Every_step_and_every_epoch_has_a_report()
    {
        var reports = new Reports();

        using var model = Fit(options => options.Progress = reports);

        Assert.Equal(3, reports.All.Count(report => report.CompletedEpoch is not null));
        Assert.True(reports.All.Count(report => report.CompletedEpoch is null) >= 3 * 2);
        Assert.All(reports.All, report => Assert.True(report.SideInformationBytes > 0));
    }
}
