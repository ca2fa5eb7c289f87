using Bdia.Core.Training;
using Bdia.MLNet.Tests.Support;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using Options = Bdia.MLNet.BdiaImageClassificationTrainer.Options;

namespace Bdia.MLNet.Tests.ImageClassification;

/// <summary>What a user sees of a run while it lasts, and how it is stopped.</summary>
public class TrainingRunTests
{
    private readonly MLContext context = new(1);

    private BdiaImageClassificationTransformer Fit(Action<Options> change, int epochs = 3)
    {
        var options = ImageRows.Options(epochs: epochs);
        change(options);
        return context.MulticlassClassification.Trainers.BdiaImageClassification(options).Fit(ImageRows.Labelled(context, ImageRows.Of(24)));
    }

    [Fact]
    public void Every_epoch_has_a_line_in_the_log_and_every_step_a_report()
    {
        var log = new LogLines(context);
        var reports = new Reports();

        using var model = Fit(options => options.Progress = reports);

        var lines = log.Of(ChannelMessageKind.Info).Where(line => line.StartsWith("Epoch ", StringComparison.Ordinal)).ToList();
        Assert.Equal(3, lines.Count);
        foreach (var part in new[] { "Epoch 2/3", "training loss", "validation accuracy", "images/s", "remaining", "peak memory", "side information" })
            Assert.Contains(part, lines[1], StringComparison.Ordinal);
        Assert.Contains(log.Of(ChannelMessageKind.Info), line => line.StartsWith("Training ended (Completed)", StringComparison.Ordinal));
        Assert.Equal(3, reports.All.Count(report => report.CompletedEpoch is not null));
        Assert.True(reports.All.Count(report => report.CompletedEpoch is null) >= 3 * 2);
        Assert.All(reports.All, report => Assert.True(report.SideInformationBytes > 0));
    }

    [Fact]
    public void A_token_stops_the_run_within_a_batch_and_the_model_so_far_is_returned()
    {
        using var source = new CancellationTokenSource();
        var reports = new Reports(report => { if (report.Step == 4) source.Cancel(); });

        using var model = Fit(options => (options.Progress, options.CancellationToken) = (reports, source.Token), epochs: 1000);

        Assert.Equal(StopReason.Cancelled, model.Model.Result!.StopReason);
        Assert.InRange(model.Model.Result.Steps, 4, 5);
        Assert.Equal(24, ScoredRows.Of(model.Transform(ImageRows.Labelled(context, ImageRows.Of(24))), "Score").Rows.Count);
    }

    [Fact]
    public void CancelExecution_stops_the_run_and_the_model_so_far_is_returned()
    {
        var cancel = typeof(MLContext).GetMethod("CancelExecution", System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.NonPublic)!;
        var reports = new Reports(report => { if (report.Step == 4) cancel.Invoke(context, null); });

        using var model = Fit(options => options.Progress = reports, epochs: 1000);

        Assert.Equal(StopReason.Cancelled, model.Model.Result!.StopReason);
        Assert.InRange(model.Model.Result.Steps, 4, 5);
    }

    [Fact]
    public void A_run_that_was_cancelled_before_it_began_has_no_model_to_return()
        => Assert.Throws<OperationCanceledException>(() => Fit(options => options.CancellationToken = new CancellationToken(canceled: true)));

    [Fact]
    public void A_time_budget_ends_the_run()
    {
        using var model = Fit(options => options.TimeBudget = TimeSpan.FromMilliseconds(200), epochs: 100_000);

        Assert.Equal(StopReason.TimeBudget, model.Model.Result!.StopReason);
    }

    [Fact]
    public void A_run_resumes_from_its_checkpoints_and_ends_with_the_same_scores()
    {
        using var folder = new TemporaryFolder();
        using var source = new CancellationTokenSource();
        var reports = new Reports(report => { if (report.Step == 4) source.Cancel(); });
        var data = ImageRows.Labelled(context, ImageRows.Of(24));

        using var whole = Fit(options => options.Seed = 5, epochs: 4);
        using (Fit(options => (options.Seed, options.CheckpointDirectory, options.CheckpointEverySteps, options.Progress, options.CancellationToken) = (5, folder.Path, 1, reports, source.Token), epochs: 4))
        {
        }
        using var resumed = Fit(options => (options.Seed, options.CheckpointDirectory, options.CheckpointEverySteps, options.Resume) = (5, folder.Path, 1, true), epochs: 4);

        Assert.InRange(resumed.Model.Result!.ResumedAtStep, 1, 5);
        ScoredRows.Of(resumed.Transform(data), "Score").AssertEqual(ScoredRows.Of(whole.Transform(data), "Score"));
    }

    [Fact]
    public void Seed_zero_is_a_seed_and_another_seed_gives_another_model()
    {
        var data = ImageRows.Labelled(context, ImageRows.Of(24));
        using var zero = Fit(options => options.Seed = 0);
        using var again = Fit(options => options.Seed = 0);
        using var negative = Fit(options => options.Seed = -1);

        ScoredRows.Of(zero.Transform(data), "Score").AssertEqual(ScoredRows.Of(again.Transform(data), "Score"));
        Assert.NotEqual(ScoredRows.Of(zero.Transform(data), "Score").Rows[0][0], ScoredRows.Of(negative.Transform(data), "Score").Rows[0][0]);
    }

    [Fact]
    public void Data_beyond_the_memory_budget_is_read_again_in_every_epoch()
    {
        using var model = Fit(options => options.MemoryBudgetBytes = 500);

        Assert.Equal(StopReason.Completed, model.Model.Result!.StopReason);
    }
}
