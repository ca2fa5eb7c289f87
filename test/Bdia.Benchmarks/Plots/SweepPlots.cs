using Bdia.Benchmarks.Sweep;
using Bdia.Benchmarks.Training;
using ScottPlot;

namespace Bdia.Benchmarks.Plots;

/// <summary>Seconds and memory against what is varied, a line for each method.</summary>
internal static class SweepPlots
{
    private const double Mebibyte = 1 << 20;

    /// <summary>Writes a picture named after what is varied.</summary>
    public static void Save(string folder, Sweep.Sweep sweep)
    {
        var values = sweep.Points.Select(p => sweep.Value(p.Settings)).Distinct().ToArray();
        var axis = sweep.What == "tokens" ? sweep.Unit : $"{sweep.What}, {sweep.Unit}";
        Chart.Save(Path.Combine(folder, $"{sweep.What}.png"),
            plot => Panel(plot, $"Time of a step against {sweep.What}", "seconds per step", p => p.SecondsPerStep),
            plot => Panel(plot, $"Memory against {sweep.What}", "peak over idle process, MiB", p => p.OverIdleBytes / Mebibyte));

        void Panel(Plot plot, string title, string y, Func<TrainingSummary, double> figure)
        {
            foreach (var method in sweep.Points.GroupBy(p => p.Settings.Method).OrderBy(g => g.Key))
                Chart.Line(plot, Name(method.Key), ColorOf(method.Key), [.. method.Select(p => (sweep.Value(p.Settings), figure(p)))],
                    logarithmic: true);
            Chart.Axes(plot, title, axis, y, values, logarithmic: true);
        }
    }

    /// <summary>Writes the picture of epochs over rows.</summary>
    public static void SaveRows(string folder, IReadOnlyList<(RowsSettings Settings, RowsFigures Figures)> epochs)
    {
        var values = epochs.Select(e => (double)e.Settings.Rows).Distinct().ToArray();
        Chart.Save(Path.Combine(folder, "rows.png"),
            plot => Panel(plot, "Time of an epoch against rows", "seconds per epoch", f => f.SecondsPerEpoch),
            plot => Panel(plot, "Memory against rows", "peak over idle process, MiB", f => (f.PeakBytes - f.IdleBytes) / Mebibyte));

        void Panel(Plot plot, string title, string y, Func<RowsFigures, double> figure)
        {
            foreach (var keep in new[] { true, false })
            {
                Chart.Line(plot, keep ? "BDIA, rows kept in memory"
                    : "BDIA, rows read anew", ColorOf(TrainingMethod.Reversible).WithAlpha(keep ? 1 : 0.5),
                    [.. epochs.Where(e => e.Settings.Keep == keep).Select(e => ((double)e.Settings.Rows, figure(e.Figures)))],
                        logarithmic: false, keep ? LinePattern.Solid : LinePattern.Dashed);
            }

            Chart.Axes(plot, title, "rows", y, values, logarithmic: false);
        }
    }

    private static Color ColorOf(TrainingMethod method) => Color.FromHex(method switch
    {
        TrainingMethod.Plain => "#7a7a7a",
        TrainingMethod.PlainCheckpointed => "#d95f02",
        TrainingMethod.PlainSqrtCheckpointed => "#e6ab02",
        TrainingMethod.RevVit => "#2b8a3e",
        TrainingMethod.Reversible => "#3b6fb6",
        _ => "#8e6bbf",
    });

    private static string Name(TrainingMethod method) => method switch
    {
        TrainingMethod.Plain => "plain, stored",
        TrainingMethod.PlainCheckpointed => "plain, checkpointed",
        TrainingMethod.PlainSqrtCheckpointed => "plain, √K checkpoints",
        TrainingMethod.RevVit => "RevViT",
        TrainingMethod.Reversible => "BDIA, rebuilt",
        TrainingMethod.StoreActivations => "BDIA, stored",
        _ => $"BDIA, {method}",
    };
}
