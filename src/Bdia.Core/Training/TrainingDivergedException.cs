using System.Globalization;

namespace Bdia.Core.Training;

/// <summary>
/// Training has left the range of numbers: a loss or a gradient is NaN or infinite. The weights are those of the step before, unless a
/// gradient was met with
/// <see cref="TrainingOptions.OptimizerInBackward"/> and without clipping: then blocks above it have taken the step.
/// </summary>
/// <param name="quantity">What it is ("loss", "gradient norm", "validation loss").</param>
/// <param name="value">Its value.</param>
/// <param name="step">The optimizer step, 1 for the first.</param>
/// <param name="epoch">The epoch, 1 for the first.</param>
/// <param name="learningRate">The learning rate at that step.</param>
/// <param name="clipNorm">The clipping norm, 0 for none.</param>
public sealed class TrainingDivergedException(string quantity, double value, long step, int epoch, double learningRate, double clipNorm)
    : Exception(string.Create(CultureInfo.InvariantCulture,
        $"The {quantity} is {value} at step {step} (epoch {epoch}, learning rate {learningRate:G3}): training has diverged. ")
        + "Lower LearningRate, lengthen the warm-up (WarmupFraction)"
        + (clipNorm > 0 ? string.Create(CultureInfo.InvariantCulture, $", lower ClipNorm ({clipNorm})") : ", set ClipNorm (it is off)")
        + ", and look for extreme values in the data. Where there are checkpoints, Resume goes on from the newest with the new values.")
{
    /// <summary>The optimizer step at which it happened, 1 for the first.</summary>
    public long Step { get; } = step;

    /// <summary>The offending value.</summary>
    public double Value { get; } = value;
}
