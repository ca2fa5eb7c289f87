using Bdia.Core.Training;

namespace Bdia.Core.Tests.Training;

public class AutomaticOptionsTests
{
    private const int Width = 128;

    [Theory]
    [InlineData(100, 1, 16)]
    [InlineData(900, 3, 16)]
    [InlineData(5400, 6, 32)]
    [InlineData(19_000, 8, 128)]
    [InlineData(54_000, 100, 128)]
    public void A_batch_is_as_large_as_leaves_a_thousand_steps_from_16_to_128(int rows, int epochs, int batch)
        => Assert.Equal(batch, AutomaticOptions.Chosen(new() { Epochs = epochs }, Width, rows).BatchSize);

    [Fact]
    public void Gathered_batches_are_smaller_so_that_a_step_takes_as_many_rows()
        => Assert.Equal(8, AutomaticOptions.Chosen(new() { Epochs = 6, AccumulationSteps = 4 }, Width, 5400).BatchSize);

    [Theory]
    [InlineData(128, 0.001)]
    [InlineData(512, 0.00025)]
    public void The_learning_rate_falls_with_the_width(int width, double rate)
        => Assert.Equal(rate, AutomaticOptions.Chosen(new(), width, 1000).LearningRate!.Value, 1e-12);

    [Fact]
    public void Muon_takes_the_steps_where_it_is_usual_and_weights_are_random()
    {
        var random = AutomaticOptions.Chosen(new(), Width, 1000, usual: OptimizerKind.Muon);
        Assert.Equal((OptimizerKind.Muon, 0.001), (random.Optimizer, random.LearningRate!.Value));
        var trained = AutomaticOptions.Chosen(new(), Width, 1000, isTrained: true, usual: OptimizerKind.Muon);
        Assert.Equal((OptimizerKind.AdamW, 0.00025), (trained.Optimizer, trained.LearningRate!.Value));
        var asked = AutomaticOptions.Chosen(new() { Optimizer = OptimizerKind.AdamW }, Width, 1000, usual: OptimizerKind.Muon);
        Assert.Equal((OptimizerKind.AdamW, 0.001), (asked.Optimizer, asked.LearningRate!.Value));
        Assert.Equal(OptimizerKind.AdamW, AutomaticOptions.Chosen(new(), Width, 1000).Optimizer);
    }

    [Fact]
    public void What_is_asked_for_stays()
    {
        var asked = new TrainingOptions { BatchSize = 7, LearningRate = 0.3, Epochs = 2, Optimizer = OptimizerKind.Muon };
        Assert.Equal(asked, AutomaticOptions.Chosen(asked, Width, 1_000_000));
    }
}
