using Bdia.Benchmarks.Growth;
using ScottPlot;

namespace Bdia.Benchmarks.Plots;

/// <summary>The peak of reversible training against depth, beside what side information alone would add.</summary>
internal static class GrowthPlot
{
    private const double Mebibyte = 1 << 20;

    private static readonly string[] Palette = ["#3b6fb6", "#d95f02", "#2b8a3e", "#8e6bbf"];

    public static void Save(string file, IReadOnlyList<GrowthSummary> growth)
    {
        var depths = growth.SelectMany(g => g.Depths).Select(d => (double)d.Settings.Depth).Distinct().Order().ToArray();
        Chart.Save(file, plot =>
        {
            for (var i = 0; i < growth.Count; i++)
            {
                var (g, color) = (growth[i], Color.FromHex(Palette[i % Palette.Length]));
                var (first, m) = (g.Depths[0], g.Settings.Exponent);
                Chart.Line(plot, $"m = {m}: {g.BitsPerElement:F2} bits per element", color, [.. g.Depths.Select(d => ((double)d.Settings.Depth, d.OverIdleBytes / Mebibyte))], logarithmic: false);
                Chart.Line(plot, $"{m} bit{(m == 1 ? "" : "s")} per element", color.WithAlpha(0.5),
                    [.. g.Depths.Select(d => ((double)d.Settings.Depth, (first.OverIdleBytes + (double)(d.Settings.Depth - first.Settings.Depth) * g.StateElements * m / 8) / Mebibyte))],
                    logarithmic: false, LinePattern.Dashed);
            }

            Chart.Axes(plot, "Bits that each block adds for each element of its state", "depth, blocks", "peak over idle process, MiB", depths, logarithmic: false);
        });
    }
}
