using Bdia.Core.Training;
using ScottPlot;

namespace Bdia.Samples.ImageClassification.Reports;

/// <summary>Loss and accuracy over the run as a PNG.</summary>
internal static class LearningCurve
{
    private static readonly Color Training = Color.FromHex("#3b6fb6"), Validation = Color.FromHex("#d95f02"), Linear = Color.FromHex("#7a7a7a"), Test = Color.FromHex("#2b8a3e");

    /// <summary>Writes the picture.</summary>
    /// <param name="path">The PNG.</param>
    /// <param name="title">Over both panels.</param>
    /// <param name="steps">Loss of every step against the epoch.</param>
    /// <param name="epochs">Figures of every epoch.</param>
    /// <param name="test">Accuracy on the test rows, 0..1.</param>
    /// <param name="linear">Accuracy of the linear model on them, or null.</param>
    public static void Save(string path, string title, IReadOnlyList<(double Epoch, double Loss)> steps, IReadOnlyList<EpochResult> epochs, double test, double? linear)
    {
        var both = new Multiplot();
        both.AddPlots(2);
        both.Layout = new ScottPlot.MultiplotLayouts.Columns();
        Loss(both.GetPlot(0), $"{title}: loss", steps, epochs);
        Accuracy(both.GetPlot(1), $"{title}: accuracy", epochs, test, linear);
        var last = Math.Max(1, epochs.Count > 0 ? epochs[^1].Epoch : 0);
        foreach (var plot in both.GetPlots()) plot.Axes.SetLimitsX(0, Math.Max(last, steps.Count > 0 ? steps[^1].Epoch : 0) * 1.02);
        both.SavePng(path, 1360, 560);
    }

    private static void Loss(Plot plot, string title, IReadOnlyList<(double Epoch, double Loss)> steps, IReadOnlyList<EpochResult> epochs)
    {
        Frame(plot, title, "");
        var x = steps.Select(step => step.Epoch).ToArray();
        Line(plot, x, [.. steps.Select(step => step.Loss)], Training.WithAlpha(0.25), "", width: 1);
        Line(plot, x, Smooth(steps), Training, "training, running mean", width: 2.5f);
        Dots(plot, epochs, epoch => epoch.Validation?.Loss, Validation, "held back");
        plot.Axes.AutoScale();
        plot.Axes.SetLimitsY(0, Math.Max(0.1, 1.05 * steps.Select(step => step.Loss).Concat(epochs.Select(epoch => epoch.Validation?.Loss ?? 0)).DefaultIfEmpty(1).Max()));
    }

    private static void Accuracy(Plot plot, string title, IReadOnlyList<EpochResult> epochs, double test, double? linear)
    {
        Frame(plot, title, "%");
        Dots(plot, epochs, epoch => 100 * epoch.TrainingAccuracy, Training, "training");
        Dots(plot, epochs, epoch => 100 * epoch.Validation?.Accuracy, Validation, "held back");
        Level(plot, 100 * test, Test, $"test {test:p1}", LinePattern.Solid);
        if (linear is { } level) Level(plot, 100 * level, Linear, $"linear {level:p1}", LinePattern.Dashed);
        plot.Axes.AutoScale();
        plot.Axes.SetLimitsY(0, 102);
    }

    private static void Frame(Plot plot, string title, string y)
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

    private static void Line(Plot plot, double[] x, double[] y, Color color, string name, float width)
    {
        if (x.Length == 0) return;
        var line = plot.Add.ScatterLine(x, y, color);
        (line.LineWidth, line.LegendText) = (width, name);
    }

    private static void Dots(Plot plot, IReadOnlyList<EpochResult> epochs, Func<EpochResult, double?> figure, Color color, string name)
    {
        var points = epochs.Select(epoch => (X: (double)epoch.Epoch, Y: figure(epoch))).Where(point => point.Y is not null).ToArray();
        if (points.Length == 0) return;
        var line = plot.Add.Scatter(points.Select(point => point.X).ToArray(), points.Select(point => point.Y!.Value).ToArray(), color);
        (line.LineWidth, line.MarkerSize, line.LegendText) = (2.5f, points.Length > 40 ? 4 : 8, name);
    }

    private static void Level(Plot plot, double y, Color color, string name, LinePattern pattern)
    {
        var line = plot.Add.HorizontalLine(y, 2, color, pattern);
        line.LegendText = name;
    }

    /// <summary>A running mean that spans about a hundredth of the run.</summary>
    private static double[] Smooth(IReadOnlyList<(double Epoch, double Loss)> steps)
    {
        var weight = 1.0 / Math.Clamp(steps.Count / 100, 1, 200);
        var mean = steps.Count > 0 ? steps[0].Loss : 0;
        return [.. steps.Select(step => mean += weight * (step.Loss - mean))];
    }
}
