using Bdia.Core.MemoryEstimates;
using Bdia.Core.Training;
using Bdia.MLNet.Tests.Support;
using Bdia.MLNet.Tests.Trainers;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Bdia.MLNet.Tests.ImageClassification;

/// <summary>What a user sees of a run while it lasts, and how it is stopped.</summary>
public class TrainingRunTests : RunContract<BdiaImageClassificationTransformer>
{
    protected override IDataView Data => ImageRows.Labelled(Context, ImageRows.Of(24));

    protected override string[] Outputs => ["Score"];

    protected override TrainingResult Result(BdiaImageClassificationTransformer model) => model.Model.Result!;

    protected override BdiaImageClassificationTransformer Fit(Action<BdiaTrainerOptions> change, int epochs = 3)
    {
        var options = ImageRows.Options(epochs: epochs);
        change(options);
        return Context.MulticlassClassification.Trainers.BdiaImageClassification(options).Fit(Data);
    }

    [Fact]
    public void Every_epoch_has_a_line_in_the_log()
    {
        var log = new LogLines(Context);

        using var model = Fit(_ => { });

        var lines = log.Of(ChannelMessageKind.Info).Where(line => line.StartsWith("Epoch ", StringComparison.Ordinal)).ToList();
        Assert.Equal(3, lines.Count);
        foreach (var part in new[] { "Epoch 2/3", "training loss", "validation accuracy", "images/s", "remaining", "peak memory", "side "
            + "information" })
            Assert.Contains(part, lines[1], StringComparison.Ordinal);
        Assert.Contains(log.Of(ChannelMessageKind.Info), line => line.StartsWith("Training ended (Completed)", StringComparison.Ordinal));
    }

    [Fact]
    public void Memory_is_told_before_training_and_a_budget_cuts_batches()
    {
        var log = new LogLines(Context);
        var options = ImageRows.Options(epochs: 1);
        options.KeptBlocks = 0; // room that is left would keep some
        var four = Estimate(4);
        var eight = Estimate(8);
        Assert.True(four.Total < eight.Total);

        options.BatchSize = 8;
        options.TrainingMemoryBytes = eight.Total - 1;
        var trainer = Context.MulticlassClassification.Trainers.BdiaImageClassification(options);
        Assert.Equal(four, trainer.EstimateMemory(Data));
        using var model = trainer.Fit(Data);

        Assert.Equal(four.Weights, model.Model.Model.parameters().Sum(p => p.numel() * p.element_size()));
        Assert.Equal(3, model.Model.Result!.Steps); // 21 or 22 of 24 rows are trained on
        Assert.Contains(log.Of(ChannelMessageKind.Info),
            line => line == $"Batches of 4 images, 2 for each step, optimizer Muon, learning rate 0.01; training is estimated to take "
            + $"{four} beyond the process without it.");

        MemoryEstimate Estimate(int batch)
        {
            options.BatchSize = batch;
            return Context.MulticlassClassification.Trainers.BdiaImageClassification(options).EstimateMemory(Data);
        }
    }

    [Fact]
    public void A_budget_too_small_is_told_by_the_estimate_as_by_training()
    {
        var options = ImageRows.Options();
        options.TrainingMemoryBytes = 1000;
        var trainer = Context.MulticlassClassification.Trainers.BdiaImageClassification(options);

        Assert.Contains("TrainingMemoryBytes is 1000", Assert.Throws<ArgumentException>(() => trainer.EstimateMemory(Data)).Message,
            StringComparison.Ordinal);
        Assert.Contains("TrainingMemoryBytes is 1000", Assert.Throws<ArgumentException>(() => trainer.Fit(Data)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void An_estimate_needs_the_columns_of_training()
    {
        var trainer = Context.MulticlassClassification.Trainers.BdiaImageClassification(ImageRows.Options("Nothing"));

        Assert.Throws<ArgumentOutOfRangeException>(() => trainer.EstimateMemory(Data));
        Assert.Throws<ArgumentNullException>(() => trainer.EstimateMemory(null!));
    }

    [Fact]
    public void Data_beyond_the_memory_budget_is_read_again_in_every_epoch()
    {
        using var model = Fit(options => ((BdiaImageClassificationTrainer.Options)options).PixelCacheBytes = 500);

        Assert.Equal(StopReason.Completed, model.Model.Result!.StopReason);
    }
}
