using Bdia.Core.Training;
using ScottPlot;

namespace Bdia.Samples.Common.Reports;

/// <summary>What learning curves are drawn from: panels side by side over the epochs.</summary>
internal static class Charts
{
    public static readonly Color Training = Color.FromHex("#3b6fb6"), Validation = Color.FromHex("#d95f02"),
        Baseline = Color.FromHex("#7a7a7a"), Test = Color.FromHex("#2b8a3e");

    /// <summary>Writes a picture of panels that share their epochs.</summary>
    /// <param name="path">The PNG.</param>
    /// <param name="epochs">Where the axis of epochs ends; beyond it lies a little margin.</param>
    /// <param name="panels">Each draws one panel.</param>
    public static void Save(string path, double epochs, params Action<Plot>[] panels)
    {
        var all = new Multiplot();
        all.AddPlots(panels.Length);
        all.Layout = new ScottPlot.MultiplotLayouts.Columns();
        for (var i = 0; i < panels.Length; i++) panels[i](all.GetPlot(i));
        foreach (var plot in all.GetPlots()) plot.Axes.SetLimitsX(0, Math.Max(1, epochs) * 1.02);
        all.SavePng(path, 680 * panels.Length, 560);
    }

    /// <summary>The last epoch that anything is known of.</summary>
    public static double Last(IReadOnlyList<(double Epoch, double Loss)> steps, IReadOnlyList<EpochResult> epochs)
        => Math.Max(epochs.Count > 0 ? epochs[^1].Epoch : 0, steps.Count > 0 ? steps[^1].Epoch : 0);

    /// <summary>Draws the panel of losses: every step, their running mean, and what is held back.</summary>
    public static void Loss(Plot plot, string title, IReadOnlyList<(double Epoch, double Loss)> steps, IReadOnlyList<EpochResult> epochs)
    {
        Frame(plot, title, "");
        var x = steps.Select(step => step.Epoch).ToArray();
        Line(plot, x, [.. steps.Select(step => step.Loss)], Training.WithAlpha(0.25), "", width: 1);
        Line(plot, x, Smooth(steps), Training, "training, running mean", width: 2.5f);
        Dots(plot, epochs, epoch => epoch.Validation?.Loss, Validation, "held back");
        plot.Axes.AutoScale();
        plot.Axes.SetLimitsY(0, Math.Max(0.1,
            1.05 * steps.Select(step => step.Loss).Concat(epochs.Select(epoch => epoch.Validation?.Loss ?? 0)).DefaultIfEmpty(1).Max()));
    }

    /// <summary>Titles, axes, grid and legend of a panel.</summary>
    public static void Frame(Plot plot, string title, string y)
    {
        SampleFont.UseIn(plot);
        plot.Title(title, 16);
        plot.Axes.Title.Label.Bold = false;
        plot.XLabel("epoch", 14);
        plot.YLabel(y, 14);
        foreach (var axis in new IAxis[] { plot.Axes.Bottom, plot.Axes.Left })
        {
            axis.Label.Bold = false;
            axis.TickLabelStyle.FontSize = 13;
            axis.MinorTickStyle.Length = 0;
        }

        plot.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.NumericAutomatic { IntegerTicksOnly = true };
        plot.ShowLegend(Edge.Bottom);
        plot.Layout.Fixed(new PixelPadding(58, 24, 104, 48));

        plot.Grid.MajorLineColor = Colors.Black.WithAlpha(0.08);
        plot.Axes.Right.FrameLineStyle.Width = plot.Axes.Top.FrameLineStyle.Width = 0;
        plot.Legend.FontSize = 13;
        plot.Legend.OutlineColor = Colors.Transparent;
        plot.Legend.ShadowColor = Colors.Transparent;
        plot.Legend.Orientation = Orientation.Horizontal;
    }

    /// <summary>A dot for every epoch that has the figure, joined by a line.</summary>
    public static void Dots(Plot plot, IReadOnlyList<EpochResult> epochs, Func<EpochResult, double?> figure, Color color, string name)
    {
        var points = epochs.Select(epoch => (X: (double)epoch.Epoch, Y: figure(epoch)))
            .Where(point => point.Y is { } y && double.IsFinite(y)).ToArray();
        if (points.Length == 0) return;
        var line = plot.Add.Scatter(points.Select(point => point.X).ToArray(), points.Select(point => point.Y!.Value).ToArray(), color);
        (line.LineWidth, line.MarkerSize, line.LegendText) = (2.5f, points.Length > 40 ? 4 : 8, name);
    }

    /// <summary>A figure that belongs to no epoch, right across the panel.</summary>
    public static void Level(Plot plot, double y, Color color, string name, LinePattern pattern)
    {
        var line = plot.Add.HorizontalLine(y, 2, color, pattern);
        line.LegendText = name;
    }

    private static void Line(Plot plot, double[] x, double[] y, Color color, string name, float width)
    {
        if (x.Length == 0) return;
        var line = plot.Add.ScatterLine(x, y, color);
        (line.LineWidth, line.LegendText) = (width, name);
    }

    /// <summary>A running mean that spans about a hundredth of the run.</summary>
    private static double[] Smooth(IReadOnlyList<(double Epoch, double Loss)> steps)
    {
        var weight = 1.0 / Math.Clamp(steps.Count / 100, 1, 200);
        var mean = steps.Count > 0 ? steps[0].Loss : 0;
        return [.. steps.Select(step => mean += weight * (step.Loss - mean))];
    }
}
