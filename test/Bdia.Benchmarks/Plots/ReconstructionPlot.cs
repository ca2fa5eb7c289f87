using Bdia.Benchmarks.Reconstruction;
using ScottPlot;

namespace Bdia.Benchmarks.Plots;

/// <summary>The error of a rebuilt x_0 against depth, a line for each gamma; on the grid there is none to draw.</summary>
internal static class ReconstructionPlot
{
    private static readonly string[] Colors = ["#7a7a7a", "#3b6fb6", "#2b8a3e", "#e6ab02", "#d95f02"];

    /// <summary>Writes the picture.</summary>
    public static void Save(string file, IReadOnlyList<(ReconstructionSettings Settings, ReconstructionFigures Figures)> runs)
        => Chart.Save(file, plot =>
        {
            foreach (var (gamma, number) in runs.GroupBy(run => run.Settings.Gamma).Select((gamma, number) => (gamma, number)))
                Chart.Line(plot, Name(gamma.Key), Color.FromHex(Colors[number % Colors.Length]),
                    [.. gamma.Where(run => run.Figures.RelativeError is > 0)
                        .Select(run => ((double)run.Settings.Depth, run.Figures.RelativeError!.Value))], logarithmic: true);
            Chart.Axes(plot, "x_0 rebuilt without the grid", "depth, blocks", "error relative to x_0 (on the grid: 0)",
                [.. runs.Select(run => (double)run.Settings.Depth).Distinct()], logarithmic: true);
        });

    /// <summary>A gamma as it is written in a table.</summary>
    public static string Name(string gamma) => gamma == "1/1" ? "±1" : $"±{gamma}";
}
