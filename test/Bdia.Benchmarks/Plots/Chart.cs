using System.Globalization;
using Bdia.Samples.Common.Reports;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace Bdia.Benchmarks.Plots;

/// <summary>Panels side by side with lines of measured points, on logarithmic or plain axes.</summary>
internal static class Chart
{
    private const int Width = 440, Height = 410;

    // Below the axes there is room for two rows of the legend: of two short names each, or of one long one.
    private const int Below = 116, RowsBelow = 2, RowHeight = 22, ShortName = 14;

    /// <summary>Writes a picture of the panels.</summary>
    public static void Save(string file, params Action<Plot>[] panels)
    {
        var all = new Multiplot();
        all.AddPlots(panels.Length);
        all.Layout = new ScottPlot.MultiplotLayouts.Columns();
        for (var i = 0; i < panels.Length; i++) panels[i](all.GetPlot(i));
        var plots = Enumerable.Range(0, panels.Length).Select(all.GetPlot).ToArray();
        var more = RowHeight * Math.Max(0, plots.Max(LegendRows) - RowsBelow);
        foreach (var plot in plots) plot.Layout.Fixed(new PixelPadding(74, 20, Below + more, 44));
        all.SavePng(file, Width * panels.Length, Height + more);
    }

    private static int LegendRows(Plot plot)
    {
        var names = plot.GetPlottables().SelectMany(line => line.LegendItems).Select(item => item.LabelText).ToArray();
        return names.All(name => name.Length <= ShortName) ? (names.Length + 1) / 2 : names.Length;
    }

    /// <summary>A line with a dot for every point.</summary>
    /// <param name="plot">The panel.</param>
    /// <param name="name">Its name in the legend.</param>
    /// <param name="color">Its colour.</param>
    /// <param name="points">At least one.</param>
    /// <param name="logarithmic">Whether both axes are; see <see cref="Axes"/>.</param>
    /// <param name="pattern">Solid unless told.</param>
    /// <param name="marks">Whether every point has a dot.</param>
    public static void Line(Plot plot, string name, Color color, IReadOnlyList<(double X, double Y)> points,
        bool logarithmic, LinePattern? pattern = null, bool marks = true)
    {
        double Place(double value) => logarithmic ? Math.Log10(value) : value;
        var line = plot.Add.Scatter(points.Select(p => Place(p.X)).ToArray(), points.Select(p => Place(p.Y)).ToArray(), color);
        (line.LineWidth, line.MarkerSize, line.LegendText, line.LinePattern) = (2.5f, marks ? 8 : 0, name, pattern ?? LinePattern.Solid);
    }

    /// <summary>Title, labels and ticks; call it after the lines.</summary>
    /// <param name="plot">The panel.</param>
    /// <param name="title">What it shows.</param>
    /// <param name="x">What runs to the right, with its unit.</param>
    /// <param name="y">What runs up, with its unit.</param>
    /// <param name="values">Where the axis to the right has its ticks.</param>
    /// <param name="logarithmic">Whether both axes are logarithmic; a plain axis starts at zero.</param>
    public static void Axes(Plot plot, string title, string x, string y, IReadOnlyList<double> values, bool logarithmic)
    {
        SampleFont.UseIn(plot);
        plot.Title(title, 16);
        plot.XLabel(x, 14);
        plot.YLabel(y, 14);
        plot.Axes.Title.Label.Bold = plot.Axes.Bottom.Label.Bold = plot.Axes.Left.Label.Bold = false;
        plot.Axes.AutoScale();
        var limits = plot.Axes.GetLimits();
        if (!logarithmic) plot.Axes.SetLimits(0, values.Max() * 1.05, 0, limits.Top * 1.05);
        var ticks = values.Select(value => new Tick(logarithmic ? Math.Log10(value) : value, Number(value))).ToArray();
        plot.Axes.Bottom.TickGenerator = new NumericManual(ticks);
        if (logarithmic) plot.Axes.Left.TickGenerator = new NumericManual([.. Steps(limits.Bottom, limits.Top)]);
        foreach (var axis in new IAxis[] { plot.Axes.Bottom, plot.Axes.Left })
        {
            axis.TickLabelStyle.FontSize = 13;
            axis.MinorTickStyle.Length = 0;
        }

        plot.Grid.MajorLineColor = Colors.Black.WithAlpha(0.08);
        plot.Axes.Right.FrameLineStyle.Width = plot.Axes.Top.FrameLineStyle.Width = 0;
        plot.ShowLegend(Edge.Bottom);
        plot.Legend.FontSize = 13;
        plot.Legend.OutlineColor = plot.Legend.ShadowColor = Colors.Transparent;
        plot.Legend.Orientation = Orientation.Horizontal;
    }

    // 1, 2, 5, 10, 20, 50, ... between two powers of ten; of very many powers, some.
    private static IEnumerable<Tick> Steps(double bottom, double top)
    {
        const int most = 8;
        if (top - bottom > most)
        {
            var by = Math.Ceiling((top - bottom) / most);
            for (var power = Math.Ceiling(bottom / by) * by; power <= top; power += by)
                yield return new(power, $"1e{power.ToString(CultureInfo.InvariantCulture)}");
            yield break;
        }

        for (var power = Math.Floor(bottom); power <= top; power++)
            foreach (var step in new[] { 1, 2, 5 })
            {
                var place = power + Math.Log10(step);
                if (place >= bottom && place <= top) yield return new(place, Number(step * Math.Pow(10, power)));
            }
    }

    private static string Number(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);
}
