using Bdia.Benchmarks.Growth;
using ScottPlot;

namespace Bdia.Benchmarks.Plots;

/// <summary>The peak of reversible training against depth, beside what side information alone would add.</summary>
internal static class GrowthPlot
{
    private const double Mebibyte = 1 << 20;

    private static readonly Color Measured = Color.FromHex("#3b6fb6"), Kept = Color.FromHex("#7a7a7a");

    /// <summary>Writes a picture with a panel for each m.</summary>
    public static void Save(string file, IReadOnlyList<GrowthSummary> growth)
        => Chart.Save(file, [.. growth.Select<GrowthSummary, Action<Plot>>(g => plot => Panel(plot, g))]);

    private static void Panel(Plot plot, GrowthSummary growth)
    {
        var (m, first) = (growth.Settings.Exponent, growth.Depths[0]);
        double Side(int depth) => first.OverIdleBytes + (double)(depth - first.Settings.Depth) * growth.StateElements * m / 8;
        Chart.Line(plot, $"measured: {growth.BitsPerElement:F2} bits per element", Measured,
            [.. growth.Depths.Select(d => ((double)d.Settings.Depth, d.OverIdleBytes / Mebibyte))], logarithmic: false);
        Chart.Line(plot, $"{m} bit{(m == 1 ? "" : "s")} per element", Kept,
            [.. growth.Depths.Select(d => ((double)d.Settings.Depth, Side(d.Settings.Depth) / Mebibyte))],
            logarithmic: false, LinePattern.Dashed);
        Chart.Axes(plot, $"Memory of reversible training, m = {m}", "depth, blocks", "peak over idle process, MiB",
            [.. growth.Depths.Select(d => (double)d.Settings.Depth)], logarithmic: false);
    }
}
