using Bdia.Core.Training;
using Bdia.Samples.Common.Reports;
using ScottPlot;

namespace Bdia.Samples.TextGeneration.Reports;

/// <summary>Loss and share of foreseen tokens over the run as a PNG.</summary>
internal static class LearningCurve
{
    /// <summary>Writes the picture.</summary>
    /// <param name="path">The PNG.</param>
    /// <param name="title">Over all panels.</param>
    /// <param name="steps">Loss of every step against the epoch.</param>
    /// <param name="epochs">Figures of every epoch.</param>
    public static void Save(string path, string title, IReadOnlyList<(double Epoch, double Loss)> steps, IReadOnlyList<EpochResult> epochs)
        => Charts.Save(path, Charts.Last(steps, epochs), plot => Charts.Loss(plot, $"{title}: loss", steps, epochs),
            plot => Foreseen(plot, epochs));

    private static void Foreseen(Plot plot, IReadOnlyList<EpochResult> epochs)
    {
        Charts.Frame(plot, "tokens that are foreseen, %", "");
        Charts.Dots(plot, epochs, epoch => 100 * epoch.TrainingAccuracy, Charts.Training, "training");
        Charts.Dots(plot, epochs, epoch => 100 * epoch.Validation?.Accuracy, Charts.Validation, "held back");
        plot.Axes.AutoScale();
        plot.Axes.SetLimitsY(0, 102);
    }
}
