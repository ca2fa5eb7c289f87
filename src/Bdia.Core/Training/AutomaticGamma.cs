using System.Globalization;
using Bdia.Core.Reversible;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Training;

/// <summary>
/// What <see cref="GammaSchedule.Automatic"/> makes of the epochs of a run: one strength more after an epoch in which training rows are
/// known much better than held-back ones, one less after an epoch in which they are known worse. A function of the figures alone.
/// </summary>
internal static class AutomaticGamma
{
    // Set beforehand, and not tuned since. Between the two nothing is changed.
    private const double LargestGap = 0.2, SmallestGap = 0;

    // A network that has learnt with one strength needs epochs, and a learning rate, to settle for another.
    private const double LastChange = 0.9;

    /// <summary>
    /// The part of the held-back loss, or of the share of wrong answers on held-back rows, that training rows do not have; the larger of
    /// the two, since label smoothing and mixed images raise the training loss alone. Null where the epoch was not validated.
    /// </summary>
    public static double? Gap(EpochResult epoch)
    {
        if (epoch.Validation is not { } held) return null;
        var gap = Part(held.Loss, epoch.TrainingLoss);
        return held.Accuracy is { } right && epoch.TrainingAccuracy is { } trained ? Math.Max(gap, Part(1 - right, 1 - trained)) : gap;
    }

    /// <summary>The strength of the next epoch.</summary>
    /// <param name="strength">Of this one.</param>
    /// <param name="gap">Of this one; null leaves the strength as it is.</param>
    /// <param name="progress">Part of the run that is done, 0 to 1.</param>
    public static int Next(int strength, double? gap, double progress)
        => progress >= LastChange || gap is null ? strength
            : gap > LargestGap ? Math.Min(strength + 1, GammaStrengths.Largest)
            : gap < SmallestGap ? Math.Max(strength - 1, 0)
            : strength;

    /// <summary>Whether a module has a stack that leaves its strength to the run.</summary>
    public static bool IsIn(nn.Module module) => module.modules().OfType<BdiaStack>().Any(stack => stack.Options.Gamma.IsAutomatic);

    /// <summary>Moves the strength of a run behind the last epoch of its history.</summary>
    /// <returns>What the log says of it; null where it stays.</returns>
    public static string? Move(RunState state, double progress)
    {
        var (epoch, before) = (state.History[^1], state.GammaStrength);
        var gap = Gap(epoch);
        state.GammaStrength = Next(before, gap, progress);
        return state.GammaStrength == before ? null : Told(epoch.Epoch, gap!.Value, before, state.GammaStrength);
    }

    /// <summary>What the log says where it was chosen and not asked for.</summary>
    public static string Chosen { get; } = $"Gamma follows what the run shows: it begins at ±{GammaStrengths.Name(0)}, and grows, up to "
        + $"±{GammaStrengths.Name(GammaStrengths.Largest)}, while training rows are known much better than held-back ones.";

    /// <summary>What the log says of a change.</summary>
    public static string Told(int epoch, double gap, int from, int to) => string.Create(CultureInfo.InvariantCulture,
        $"Epoch {epoch}: gap {gap:F2} between training and held-back rows, gamma from ±{GammaStrengths.Name(from)} to "
        + $"±{GammaStrengths.Name(to)}.");

    // A loss of 0 leaves nothing to be ahead of.
    private static double Part(double held, double trained) => held > 0 ? (held - trained) / held : 0;
}
