using Bdia.Core.Training;
using ScottPlot;

namespace Bdia.Benchmarks.Plots;

/// <summary>What the held-back rows said over the minutes of training: a panel for each data set, a line for each contender.</summary>
internal static class MinutesPlot
{
    private static readonly Color[] colors = [.. new[] { "#c2255c", "#3b6fb6", "#7a7a7a", "#2b8a3e", "#d95f02", "#8e6bbf" }
        .Select(Color.FromHex)];

    /// <summary>Writes the picture.</summary>
    /// <param name="file">The PNG.</param>
    /// <param name="y">What <paramref name="figure"/> is, with its unit.</param>
    /// <param name="figure">The figure of the held-back rows.</param>
    /// <param name="runs">For each run its panel, the name of its line, and its epochs; those that nothing was held back in are left
    /// out.</param>
    public static void Save(string file, string y, Func<ValidationResult, double> figure,
        IEnumerable<(string Panel, string Line, IReadOnlyList<EpochResult> History)> runs)
        => Chart.Save(file, [.. runs.GroupBy(run => run.Panel).Select<IGrouping<string, (string, string Line, IReadOnlyList<EpochResult>
            History)>, Action<Plot>>(panel => plot =>
        {
            var most = 0.0;
            foreach (var (index, (_, line, history)) in panel.Index())
            {
                var points = Points(history, figure).ToArray();
                most = Math.Max(most, points.Max(point => point.Minutes));
                Chart.Line(plot, line, colors[index % colors.Length], points, logarithmic: false, marks: false);
            }

            Chart.Axes(plot, panel.Key, "minutes", y, [.. Enumerable.Range(0, 5).Select(i => Math.Round(i * most / 4))],
                logarithmic: false);
        })]);

    private static IEnumerable<(double Minutes, double Figure)> Points(IReadOnlyList<EpochResult> history,
        Func<ValidationResult, double> figure)
    {
        var seconds = 0.0;
        foreach (var epoch in history)
        {
            seconds += epoch.Seconds;
            if (epoch.Validation is { } validation) yield return (seconds / 60, figure(validation));
        }
    }
}
