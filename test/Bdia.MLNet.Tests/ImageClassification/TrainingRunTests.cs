using Bdia.Core.Training;
using Bdia.MLNet.Tests.Common;
using Bdia.MLNet.Tests.Support;
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
        foreach (var part in new[] { "Epoch 2/3", "training loss", "validation accuracy", "images/s", "remaining", "peak memory", "side information" })
            Assert.Contains(part, lines[1], StringComparison.Ordinal);
        Assert.Contains(log.Of(ChannelMessageKind.Info), line => line.StartsWith("Training ended (Completed)", StringComparison.Ordinal));
    }

    [Fact]
    public void Data_beyond_the_memory_budget_is_read_again_in_every_epoch()
    {
        using var model = Fit(options => ((BdiaImageClassificationTrainer.Options)options).MemoryBudgetBytes = 500);

        Assert.Equal(StopReason.Completed, model.Model.Result!.StopReason);
    }
}
