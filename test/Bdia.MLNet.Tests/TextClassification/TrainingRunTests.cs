using Bdia.Core.MemoryEstimates;
using Bdia.Core.Training;
using Bdia.MLNet.Tests.Support;
using Bdia.MLNet.Tests.Trainers;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Bdia.MLNet.Tests.TextClassification;

/// <summary>What a user sees of a run while it lasts, and how it is stopped.</summary>
public class TrainingRunTests : RunContract<BdiaTextClassificationTransformer>
{
    protected override IDataView Data => Topics.View(Context, 24);

    protected override string[] Outputs => ["Score"];

    protected override TrainingResult Result(BdiaTextClassificationTransformer model) => model.Model.Result!;

    protected override BdiaTextClassificationTransformer Fit(Action<BdiaTrainerOptions> change, int epochs = 3)
    {
        var options = Topics.Options(epochs);
        change(options);
        return Context.MulticlassClassification.Trainers.BdiaTextClassification(options).Fit(Data);
    }

    [Fact]
    public void Every_epoch_has_a_line_in_the_log()
    {
        var log = new LogLines(Context);

        using var model = Fit(_ => { });

        var lines = log.Of(ChannelMessageKind.Info).Where(line => line.StartsWith("Epoch ", StringComparison.Ordinal)).ToList();
        Assert.Equal(3, lines.Count);
        foreach (var part in new[] { "Epoch 2/3", "training loss", "validation accuracy", "texts/s", "remaining", "peak memory" })
            Assert.Contains(part, lines[1], StringComparison.Ordinal);
        Assert.Contains(log.Of(ChannelMessageKind.Info), line => line.StartsWith("Training on column 'Text' in 3 classes",
            StringComparison.Ordinal));
        Assert.Contains(log.Of(ChannelMessageKind.Info), line => line.StartsWith("Training ended (Completed)", StringComparison.Ordinal));
    }

    [Fact]
    public void Memory_is_told_before_training_and_a_budget_cuts_batches()
    {
        var log = new LogLines(Context);
        var options = Topics.Options(epochs: 1);
        options.KeptBlocks = 0; // room that is left would keep some
        var (four, eight) = (Estimate(4), Estimate(8));
        Assert.True(four.Total < eight.Total);
        Assert.Equal(Estimate(8, options.MaxTokens), eight);

        (options.BatchSize, options.TrainingMemoryBytes) = (8, eight.Total - 1);
        Assert.Equal(four, Context.MulticlassClassification.Trainers.BdiaTextClassification(options).EstimateMemory(Data));
        options.TrainingMemoryBytes = Estimate(8, 6).Total; // texts have up to 20 tokens
        options.BatchSize = 8;
        using var model = Context.MulticlassClassification.Trainers.BdiaTextClassification(options).Fit(Data);

        Assert.Equal(3, model.Model.Result!.Steps); // 21 or 22 of 24 rows are trained on
        Assert.Contains(log.Of(ChannelMessageKind.Info), line => line.StartsWith("Batches of ", StringComparison.Ordinal)
            && line.Contains(" for each step", StringComparison.Ordinal));

        MemoryEstimate Estimate(int batch, int? tokens = null)
        {
            options.BatchSize = batch;
            return Context.MulticlassClassification.Trainers.BdiaTextClassification(options).EstimateMemory(Data, tokens);
        }
    }

    [Fact]
    public void A_budget_too_small_is_told_by_the_estimate_as_by_training()
    {
        var options = Topics.Options();
        options.TrainingMemoryBytes = 1000;
        var trainer = Context.MulticlassClassification.Trainers.BdiaTextClassification(options);

        Assert.Contains("TrainingMemoryBytes is 1000", Assert.Throws<ArgumentException>(() => trainer.EstimateMemory(Data)).Message,
            StringComparison.Ordinal);
        Assert.Contains("TrainingMemoryBytes is 1000", Assert.Throws<ArgumentException>(() => trainer.Fit(Data)).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentNullException>(() => trainer.EstimateMemory(null!));
    }

    [Fact]
    public void Early_stopping_ends_a_run_that_gets_no_better()
    {
        using var model = Fit(options => (options.EarlyStoppingPatience, options.EarlyStoppingMinDelta) = (2, 5), epochs: 50);

        Assert.Equal(StopReason.EarlyStopping, model.Model.Result!.StopReason);
        Assert.Equal(3, model.Model.Result.History.Count);
    }
}
