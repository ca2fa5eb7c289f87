namespace Bdia.Core.Training;

/// <summary>The length of a run: its batches and optimizer steps, epoch by epoch, and the learning rate over them.</summary>
internal sealed class TrainingPlan
{
    private readonly int[] batches;
    private readonly int accumulation;

    private TrainingPlan(int[] batches, TrainingOptions options)
    {
        (this.batches, accumulation) = (batches, options.AccumulationSteps);
        for (var epoch = 0; epoch < batches.Length; epoch++) TotalSteps += Steps(epoch);
        LearningRate = new LearningRate(options, TotalSteps);
    }

    /// <summary>Optimizer steps of the run.</summary>
    public long TotalSteps { get; }

    /// <summary>The learning rate of every step.</summary>
    public LearningRate LearningRate { get; }

    /// <summary>Asks for the number of batches of every epoch.</summary>
    /// <exception cref="ArgumentException">An epoch has no batch.</exception>
    public static TrainingPlan Of(TrainingOptions options, Func<int, int> batchCount)
    {
        var batches = new int[options.Epochs];
        for (var epoch = 0; epoch < batches.Length; epoch++)
        {
            batches[epoch] = batchCount(epoch);
            if (batches[epoch] < 1) throw new ArgumentException(
                $"Epoch {epoch} has {batches[epoch]} batches; training needs at least one row.");
        }

        return new TrainingPlan(batches, options);
    }

    /// <summary>Batches of an epoch, 0 for the first.</summary>
    public int Batches(int epoch) => batches[epoch];

    /// <summary>Optimizer steps of an epoch; the last may take fewer batches than the others.</summary>
    public int Steps(int epoch) => (batches[epoch] + accumulation - 1) / accumulation;
}
