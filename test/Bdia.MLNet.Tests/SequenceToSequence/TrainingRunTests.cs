using Bdia.Core.Training;
using Bdia.MLNet.Tests.Support;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using Options = Bdia.MLNet.BdiaSequenceToSequenceTrainer.Options;

namespace Bdia.MLNet.Tests.SequenceToSequence;

/// <summary>What a user sees of a run while it lasts, and how it is stopped.</summary>
public class TrainingRunTests
{
    private readonly MLContext context = new(1);

    private BdiaSequenceToSequenceTransformer Fit(Action<Options> change, int epochs = 3)
    {
        var options = Sentences.Options(epochs);
        change(options);
        return context.SequenceToSequence.Trainers.Bdia(options).Fit(Sentences.View(context, 24));
    }

    [Fact]
    public void Every_epoch_has_a_line_with_loss_perplexity_BLEU_and_speed()
    {
        var log = new LogLines(context);
        var reports = new Reports();

        using var model = Fit(options => (options.Progress, options.BleuEveryEpochs, options.BleuRows) = (reports, 2, 3));

        var lines = log.Of(ChannelMessageKind.Info).Where(line => line.StartsWith("Epoch ", StringComparison.Ordinal)).ToList();
        Assert.Equal(3, lines.Count);
        foreach (var part in new[] { "Epoch 2/3", "training loss", "validation loss", "validation perplexity", "validation BLEU", "tokens/s", "learning rate", "remaining", "peak memory", "side information" })
            Assert.Contains(part, lines[1], StringComparison.Ordinal);
        Assert.DoesNotContain("BLEU", lines[0], StringComparison.Ordinal);
        Assert.Contains(log.Of(ChannelMessageKind.Info), line => line.StartsWith("Training ended (Completed)", StringComparison.Ordinal) && line.Contains("perplexity", StringComparison.Ordinal));
        Assert.Contains(log.Of(ChannelMessageKind.Info), line => line.StartsWith("Training on column 'Source' to write column 'Target'", StringComparison.Ordinal));
        Assert.Equal(3, reports.All.Count(report => report.CompletedEpoch is not null));
        Assert.All(reports.All, report => Assert.True(report.SideInformationBytes > 0));
    }

    [Fact]
    public void What_the_engine_finds_in_the_data_is_in_the_log()
    {
        var log = new LogLines(context);

        using var model = Fit(_ => { });

        Assert.Contains(log.Of(ChannelMessageKind.Info), line => line.Contains("tokenizer of the source and target text", StringComparison.Ordinal));
        Assert.Contains(log.Of(ChannelMessageKind.Info), line => line.Contains("held back for validation", StringComparison.Ordinal));
        Assert.Empty(log.Of(ChannelMessageKind.Warning));
    }

    [Fact]
    public void A_token_stops_the_run_within_a_batch_and_the_model_so_far_is_returned()
    {
        using var source = new CancellationTokenSource();
        var reports = new Reports(report => { if (report.Step == 4) source.Cancel(); });

        using var model = Fit(options => (options.Progress, options.CancellationToken) = (reports, source.Token), epochs: 1000);

        Assert.Equal(StopReason.Cancelled, model.Model.Result!.StopReason);
        Assert.InRange(model.Model.Result.Steps, 4, 5);
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
    public void A_run_resumes_from_its_checkpoints_and_ends_with_the_same_texts_and_scores()
    {
        using var folder = new TemporaryFolder();
        using var source = new CancellationTokenSource();
        var reports = new Reports(report => { if (report.Step == 4) source.Cancel(); });
        var data = Sentences.View(context, 24);

        using var whole = Fit(options => options.Seed = 5, epochs: 4);
        using (Fit(options => (options.Seed, options.CheckpointDirectory, options.CheckpointEverySteps, options.Progress, options.CancellationToken) = (5, folder.Path, 1, reports, source.Token), epochs: 4))
        {
        }
        using var resumed = Fit(options => (options.Seed, options.CheckpointDirectory, options.CheckpointEverySteps, options.Resume) = (5, folder.Path, 1, true), epochs: 4);

        Assert.InRange(resumed.Model.Result!.ResumedAtStep, 1, 5);
        ScoredRows.Of(resumed.Transform(data), "PredictedText", "Score").AssertEqual(ScoredRows.Of(whole.Transform(data), "PredictedText", "Score"));
    }

    [Fact]
    public void A_GPU_that_is_not_there_is_an_error()
    {
        if (TorchSharp.torch.cuda.is_available())
            Assert.Skip("This machine has a GPU.");
        var gpu = new MLContext(1) { GpuDeviceId = 0, FallbackToCpu = false };

        Assert.Contains("GPU 0", Assert.Throws<InvalidOperationException>(() => gpu.SequenceToSequence.Trainers.Bdia(Sentences.Options()).Fit(Sentences.View(gpu, 4))).Message, StringComparison.Ordinal);
    }
}
