using Bdia.Core.Training;

namespace Bdia.Core.Tests.Training;

public sealed class TrainingOptionsTests
{
    [Fact]
    public void Defaults_are_valid() => new TrainingOptions().Validate();

    [Fact]
    public void All_faults_come_in_one_message()
    {
        var options = new TrainingOptions
        {
            Epochs = 0, BatchSize = -1, AccumulationSteps = 0, LearningRate = double.NaN, WeightDecay = 2, Beta1 = 1, ClipNorm = -1,
            LabelSmoothing = 1, EarlyStoppingPatience = -1, TimeBudget = TimeSpan.Zero, CheckpointDirectory = " ",
                LearningRateSchedule = (LearningRateSchedule)9,
        };
        var message = Assert.Throws<ArgumentException>(options.Validate).Message;
        string[] names = ["Epochs is 0", "BatchSize is -1", "AccumulationSteps is 0", "LearningRate is NaN",
            "WeightDecay is 2", "Beta1 is 1", "ClipNorm is -1",
            "LabelSmoothing is 1", "EarlyStoppingPatience is -1", "TimeBudget is 00:00:00", "CheckpointDirectory is empty",
                "LearningRateSchedule is 9"];
        Assert.All(names, name => Assert.Contains(name, message, StringComparison.Ordinal));
    }

    [Fact]
    public void An_epsilon_that_vanishes_in_float32_is_refused()
        => Assert.Contains("Epsilon is 1E-46", Assert.Throws<ArgumentException>(new TrainingOptions { Epsilon = 1e-46 }.Validate).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Cosine_rises_to_the_peak_and_falls_to_the_final_fraction()
    {
        var rate = new LearningRate(new TrainingOptions { LearningRate = 1, WarmupFraction = 0.1, FinalLearningRateFraction = 0.2 }, 100);
        Assert.Equal(0.1, rate.At(0), 12);
        Assert.Equal(1, rate.At(9), 12);
        Assert.Equal(1, rate.At(10), 12);
        Assert.Equal(0.6, rate.At(55), 12);
        Assert.Equal(0.2, rate.At(100), 12);
    }

    [Fact]
    public void Inverse_square_root_meets_the_warm_up_at_the_peak()
    {
        var rate = new LearningRate(new TrainingOptions { LearningRate = 2, WarmupSteps = 25,
            LearningRateSchedule = LearningRateSchedule.InverseSquareRoot }, 1000);
        Assert.Equal(0.08, rate.At(0), 12);
        Assert.Equal(2, rate.At(24), 12);
        Assert.Equal(1, rate.At(99), 12);
    }

    [Fact]
    public void Constant_stays_at_the_peak_and_no_warm_up_starts_there()
    {
        var rate = new LearningRate(new TrainingOptions { LearningRate = 3, WarmupFraction = 0,
            LearningRateSchedule = LearningRateSchedule.Constant }, 10);
        Assert.Equal([3, 3], new[] { rate.At(0), rate.At(9) });
    }
}
