using Bdia.Benchmarks.Growth;
using Bdia.Benchmarks.Training;
using Bdia.Core.Operations;

namespace Bdia.Benchmarks.Targets;

/// <summary>The targets that training has.</summary>
internal static class TrainingTargets
{
    /// <summary>From the figures of the training suite.</summary>
    public static IEnumerable<Target> Of(IReadOnlyList<TrainingSummary> training)
    {
        var bdia = training.Where(t => t.Settings.Method == TrainingMethod.Reversible).ToArray();
        bool Single(TrainingSummary t) => t.Settings.Precision == ComputePrecision.Float32;

        IReadOnlyList<Reading> Against(TrainingMethod other, double goal, Func<TrainingSummary, bool> which,
            Func<TrainingSummary, double> figure)
            => [.. from t in bdia.Where(which)
                   join o in training on t.Settings with { Method = other } equals o.Settings
                   select Reading.AtMost(Where(t), figure(t) / figure(o), goal)];

        IReadOnlyList<Reading> halves = [.. from t in bdia.Where(t => !Single(t))
                                            join o in training on t.Settings with { Precision = ComputePrecision.Float32 } equals o.Settings
                                            select Reading.AtMost(Shape(t), t.SecondsPerStep / o.SecondsPerStep, 0.5)];

        IReadOnlyList<Reading> memory = [.. from t in bdia
                                            join o in training on t.Settings with { Method = TrainingMethod.Plain } equals o.Settings
                                            select Reading.AtMost(Where(t), t.OverIdleBytes / o.OverIdleBytes,
                                                MemoryGoal(t.Settings.Depth))];

        yield return new("BDIA / stored, seconds per step, float32", "≤ 1.15", "4/3 of its FLOPs",
            Against(TrainingMethod.Plain, 1.15, Single, t => t.SecondsPerStep));
        yield return new("BDIA / checkpointed every block, seconds per step", "≤ 0.95", "1 by FLOPs",
            Against(TrainingMethod.PlainCheckpointed, 0.95, _ => true, t => t.SecondsPerStep));
        yield return new("BDIA / RevViT, seconds per step", "≤ 1.0", "1",
            Against(TrainingMethod.RevVit, 1.0, _ => true, t => t.SecondsPerStep));
        yield return new("bf16 / float32, BDIA, seconds per step", "≤ 0.5", "0.38 by matrix rate", halves);
        yield return new("executed FLOP rate / matrix rate, BDIA", "≥ 0.75 float32, ≥ 0.5 bf16", "1",
            [.. bdia.Select(t => Reading.AtLeast(Where(t), t.ShareOfMatrixRate, Single(t) ? 0.75 : 0.5))]);
        yield return new("peak over the idle process, BDIA / stored", "≤ 0.30 at depth 6, ≤ 0.12 at 24, ≤ 0.05 at 96",
            "side information + one block", memory);
    }

    /// <summary>From the figures of the growth suite.</summary>
    public static Target Of(IReadOnlyList<GrowthSummary> growth)
        => new("growth of the peak per added block, weights and optimizer taken off, bits per state element", "≤ m + 0.3",
            "m", [.. growth.Select(g => Reading.AtMost($"m = {g.Settings.Exponent}", g.BitsPerElement, g.Settings.Exponent + 0.3))]);

    private static double MemoryGoal(int depth) => depth < 24 ? 0.30 : depth < 96 ? 0.12 : 0.05;

    private static string Shape(TrainingSummary t) => $"{t.Settings.Width}x{t.Settings.Depth}";

    private static string Where(TrainingSummary t)
        => $"{Shape(t)} {(t.Settings.Precision == ComputePrecision.Float32 ? "float32" : "bf16")}";
}
