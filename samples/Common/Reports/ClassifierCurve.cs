using Bdia.Core.Training;
using ScottPlot;

namespace Bdia.Samples.Common.Reports;

/// <summary>Loss and accuracy of a classifier over its run as a PNG.</summary>
internal static class ClassifierCurve
{
    /// <summary>Writes the picture.</summary>
    /// <param name="path">The PNG.</param>
    /// <param name="title">Over both panels.</param>
    /// <param name="steps">Loss of every step against the epoch.</param>
    /// <param name="epochs">Figures of every epoch.</param>
    /// <param name="test">Accuracy on the test rows, 0..1.</param>
    /// <param name="linear">Accuracy of the linear model on them, or null.</param>
    public static void Save(string path, string title, IReadOnlyList<(double Epoch, double Loss)> steps,
        IReadOnlyList<EpochResult> epochs, double test, double? linear)
        => Charts.Save(path, Charts.Last(steps, epochs), plot => Charts.Loss(plot, $"{title}: loss", steps, epochs),
            plot => Accuracy(plot, $"{title}: accuracy", epochs, test, linear));

    private static void Accuracy(Plot plot, string title, IReadOnlyList<EpochResult> epochs, double test, double? linear)
    {
        Charts.Frame(plot, title, "%");
        Charts.Dots(plot, epochs, epoch => 100 * epoch.TrainingAccuracy, Charts.Training, "training");
        Charts.Dots(plot, epochs, epoch => 100 * epoch.Validation?.Accuracy, Charts.Validation, "held back");
        Charts.Level(plot, 100 * test, Charts.Test, $"test {test:p1}", LinePattern.Solid);
        if (linear is { } level) Charts.Level(plot, 100 * level, Charts.Baseline, $"linear {level:p1}", LinePattern.Dashed);
        plot.Axes.AutoScale();
        plot.Axes.SetLimitsY(0, 102);
    }
}
