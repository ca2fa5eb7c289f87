using Bdia.Core.MemoryEstimates;
using Bdia.Core.Training;
using Bdia.MLNet.Tests.Support;
using Bdia.MLNet.Tests.Trainers;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Bdia.MLNet.Tests.TextGeneration;

/// <summary>What a user sees of a run while it lasts, and how it is stopped.</summary>
public class GenerationRunTests : RunContract<BdiaTextGenerationTransformer>
{
    protected override IDataView Data => Countings.View(Context, 24);

    protected override string[] Outputs => ["PredictedText", "Score", "Finished"];

    protected override TrainingResult Result(BdiaTextGenerationTransformer model) => model.Model.Result!;

    protected override BdiaTextGenerationTransformer Fit(Action<BdiaTrainerOptions> change, int epochs = 3)
    {
        var options = Countings.Options(epochs);
        change(options);
        return Context.TextGeneration.Trainers.Bdia(options).Fit(Data);
    }

    [Fact]
    public void Every_epoch_has_a_line_with_loss_perplexity_and_speed_and_the_data_are_told()
    {
        var log = new LogLines(Context);

        using var model = Fit(_ => { });

        var lines = log.Of(ChannelMessageKind.Info);
        foreach (var part in new[] { "training loss", "validation loss", "validation perplexity", "tokens/s", "learning rate" })
            Assert.Contains(lines, line => line.StartsWith("Epoch 2/3", StringComparison.Ordinal)
                && line.Contains(part, StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("Training on column 'Text'; network: width 16", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("The tokenizer has ", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("held back for validation", StringComparison.Ordinal));
        Assert.Empty(log.Of(ChannelMessageKind.Warning));
    }

    [Fact]
    public void Memory_is_told_before_training_and_a_budget_cuts_batches()
    {
        var (options, log) = (Countings.Options(epochs: 1), new LogLines(Context));
        options.KeptBlocks = 0; // room that is left would keep some
        var (whole, half, row) = (Estimate(64, 16), Estimate(32, 16), Estimate(24, 24)); // 4 rows, 2 rows, 1 long one
        Assert.Equal(Estimate(64, options.MaxTokens), Estimate(64));

        options.TrainingMemoryBytes = whole.Total - 1;
        Assert.Equal(half, Estimate(64, 16));
        (options.TokensPerBatch, options.TrainingMemoryBytes) = (64, row.Total);
        using var model = Context.TextGeneration.Trainers.Bdia(options).Fit(Data);

        Assert.Equal(StopReason.Completed, model.Model.Result!.StopReason);
        Assert.Contains(log.Of(ChannelMessageKind.Info),
            line => line.StartsWith("Training is estimated to take ", StringComparison.Ordinal)
            && line.Contains("batches are cut into ", StringComparison.Ordinal));

        MemoryEstimate Estimate(int tokensPerBatch, int? tokensPerText = null)
        {
            options.TokensPerBatch = tokensPerBatch;
            return Context.TextGeneration.Trainers.Bdia(options).EstimateMemory(tokensPerText);
        }
    }
}
