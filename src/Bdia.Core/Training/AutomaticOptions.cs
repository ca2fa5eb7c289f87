namespace Bdia.Core.Training;

/// <summary>
/// Optimizer, batch and learning rate where they are left open, by the number of rows, the epochs and the width: rules of few constants,
/// found on held-back rows (docs/results).
/// </summary>
internal static class AutomaticOptions
{
    // AdamW moves a weight by about the learning rate in a step, whatever the batch: what it needs is steps. Below the smallest batch they
    // take too long.
    private const int WantedSteps = 1000, SmallestBatch = 16;

    // As large a step as 128 features bear. A product of more adds up more equal steps, so they are smaller in proportion (Yang et al.,
    // "Tensor Programs V", 2022).
    private const double RateTimesWidth = 0.128;

    // Weights that are trained already are near where they should be: steps as large as from random ones would undo what they know.
    private const double ShareOfTrained = 0.25;

    /// <summary>The options with nothing left open.</summary>
    /// <param name="asked">What was asked for, which stays.</param>
    /// <param name="width">Features of the network.</param>
    /// <param name="rows">Rows to train on.</param>
    /// <param name="isTrained">Whether training begins with weights that were trained before.</param>
    /// <param name="usual">The optimizer of such networks where weights are random.</param>
    public static TrainingOptions Chosen(TrainingOptions asked, int width, int rows, bool isTrained = false,
        OptimizerKind usual = OptimizerKind.AdamW)
    {
        // A run that is gone on with keeps its own. AdamW has made the weights that others have trained, and Muon would undo what it did.
        var before = asked.Optimizer is null || asked.Distributed is not null ? TrainingCheckpoint.OptimizerOf(asked) : null;
        var optimizer = asked.Optimizer ?? before ?? (isTrained ? OptimizerKind.AdamW : usual);
        return asked with
        {
            Optimizer = optimizer,
            BatchSize = asked.BatchSize ?? asked.PartsFor(Batch((double)rows * asked.Epochs, asked.AccumulationSteps)),
            LearningRate = asked.LearningRate ?? RateTimesWidth / width * (isTrained ? ShareOfTrained : 1),
        };
    }

    /// <summary>The largest power of two that leaves the wanted steps for so many rows, from the smallest to the largest batch.</summary>
    private static int Batch(double rows, int accumulation)
    {
        var batch = TrainingOptions.LargestAutomaticBatch;
        while (batch > SmallestBatch && rows < (double)WantedSteps * batch) batch /= 2;
        return Math.Max(1, batch / accumulation);
    }
}
