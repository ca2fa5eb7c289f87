using Bdia.Core.MemoryEstimates;
using Bdia.Core.Training;
using Bdia.MLNet.Tests.Support;
using Bdia.MLNet.Tests.Trainers;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using Options = Bdia.MLNet.BdiaSequenceToSequenceTrainer.Options;

namespace Bdia.MLNet.Tests.SequenceToSequence;

/// <summary>What a user sees of a run while it lasts, and how it is stopped.</summary>
public class TrainingRunTests : RunContract<BdiaSequenceToSequenceTransformer>
{
    protected override IDataView Data => Sentences.View(Context, 24);

    protected override string[] Outputs => ["PredictedText", "Score", "Finished"];

    protected override TrainingResult Result(BdiaSequenceToSequenceTransformer model) => model.Model.Result!;

    protected override BdiaSequenceToSequenceTransformer Fit(Action<BdiaTrainerOptions> change, int epochs = 3)
    {
        var options = Sentences.Options(epochs);
        change(options);
        return Context.SequenceToSequence.Trainers.Bdia(options).Fit(Data);
    }

    [Fact]
    public void Every_epoch_has_a_line_with_loss_perplexity_BLEU_and_speed()
    {
        var log = new LogLines(Context);

        using var model = Fit(options => (((Options)options).BleuEveryEpochs, ((Options)options).BleuRows) = (2, 3));

        var lines = log.Of(ChannelMessageKind.Info).Where(line => line.StartsWith("Epoch ", StringComparison.Ordinal)).ToList();
        Assert.Equal(3, lines.Count);
        foreach (var part in new[] { "Epoch 2/3", "training loss", "validation loss", "validation perplexity", "validation "
            + "BLEU", "tokens/s", "learning rate", "remaining", "peak memory", "side information" })
            Assert.Contains(part, lines[1], StringComparison.Ordinal);
        Assert.DoesNotContain("BLEU", lines[0], StringComparison.Ordinal);
        Assert.Contains(log.Of(ChannelMessageKind.Info), line => line.StartsWith("Training ended (Completed)", StringComparison.Ordinal)
            && line.Contains("perplexity", StringComparison.Ordinal));
        Assert.Contains(log.Of(ChannelMessageKind.Info),
            line => line.StartsWith("Training on column 'Source' to write column 'Target'", StringComparison.Ordinal));
    }

    [Fact]
    public void What_the_engine_finds_in_the_data_is_in_the_log()
    {
        var log = new LogLines(Context);

        using var model = Fit(_ => { });

        Assert.Contains(log.Of(ChannelMessageKind.Info),
            line => line.Contains("tokenizer of the source and target text", StringComparison.Ordinal));
        Assert.Contains(log.Of(ChannelMessageKind.Info), line => line.Contains("held back for validation", StringComparison.Ordinal));
        Assert.Empty(log.Of(ChannelMessageKind.Warning));
    }

    [Fact]
    public void The_last_line_says_when_the_weights_are_an_average()
    {
        var log = new LogLines(Context);

        using var model = Fit(options => (((Options)options).AverageEpochs, options.ValidationFraction) = (2, 0));

        Assert.Contains(log.Of(ChannelMessageKind.Info),
            line => line.Contains("the mean of the weights of epochs 2, 3 was kept", StringComparison.Ordinal));
    }

    [Fact]
    public void Memory_is_told_before_training_and_a_budget_cuts_batches()
    {
        var (options, log) = (Sentences.Options(epochs: 1), new LogLines(Context));
        options.KeptBlocks = 0; // room that is left would keep some
        var (whole, half, row) = (Estimate(64, 16), Estimate(32, 16), Estimate(40, 40)); // 4 rows, 2 rows, 1 long one
        Assert.Equal(Estimate(64, options.MaxTokens), Estimate(64));

        options.TrainingMemoryBytes = whole.Total - 1;
        Assert.Equal(half, Estimate(64, 16));
        (options.TokensPerBatch, options.TrainingMemoryBytes) = (64, row.Total);
        using var model = Context.SequenceToSequence.Trainers.Bdia(options).Fit(Data);

        Assert.Equal(StopReason.Completed, model.Model.Result!.StopReason);
        Assert.Contains(log.Of(ChannelMessageKind.Info),
            line => line.StartsWith("Training is estimated to take ", StringComparison.Ordinal)
            && line.Contains("batches are cut into ", StringComparison.Ordinal));

        MemoryEstimate Estimate(int tokensPerBatch, int? tokensPerText = null)
        {
            options.TokensPerBatch = tokensPerBatch;
            return Context.SequenceToSequence.Trainers.Bdia(options).EstimateMemory(tokensPerText);
        }
    }

    [Fact]
    public void A_GPU_that_is_not_there_is_an_error()
    {
        if (TorchSharp.torch.cuda.is_available())
            Assert.Skip("This machine has a GPU.");
        var gpu = new MLContext(1) { GpuDeviceId = 0, FallbackToCpu = false };

        Assert.Contains("GPU 0", Assert.Throws<InvalidOperationException>(
            () => gpu.SequenceToSequence.Trainers.Bdia(Sentences.Options()).Fit(Sentences.View(gpu, 4))).Message, StringComparison.Ordinal);
    }
}
