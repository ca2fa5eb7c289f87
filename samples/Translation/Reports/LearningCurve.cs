using Bdia.Core.Training;
using Bdia.Samples.Common.Reports;
using ScottPlot;
using ValidationResult = Bdia.Core.Training.ValidationResult;

namespace Bdia.Samples.Translation.Reports;

/// <summary>Loss, perplexity and BLEU over the run as a PNG.</summary>
internal static class LearningCurve
{
    /// <summary>Writes the picture.</summary>
    /// <param name="path">The PNG.</param>
    /// <param name="title">Over all panels.</param>
    /// <param name="steps">Loss of every step against the epoch.</param>
    /// <param name="epochs">Figures of every epoch.</param>
    /// <param name="bleu">BLEU on the test rows.</param>
    public static void Save(string path, string title, IReadOnlyList<(double Epoch, double Loss)> steps,
        IReadOnlyList<EpochResult> epochs, double bleu)
        => Charts.Save(path, Charts.Last(steps, epochs), plot => Charts.Loss(plot, $"{title}: loss", steps, epochs),
            plot => Perplexity(plot, epochs), plot => Quality(plot, epochs, bleu));

    /// <summary>From 1 up, as far as the second half of the run needs: the first epochs' would hide all others.</summary>
    private static void Perplexity(Plot plot, IReadOnlyList<EpochResult> epochs)
    {
        Charts.Frame(plot, "perplexity of held-back tokens", "");
        Charts.Dots(plot, epochs, epoch => epoch.Validation?.Perplexity, Charts.Validation, "held back");
        plot.Axes.AutoScale();
        var figures = epochs.Select(epoch => epoch.Validation).OfType<ValidationResult>()
            .Select(validation => validation.Perplexity).ToArray();
        if (figures.Length > 0) plot.Axes.SetLimitsY(1, 1 + (1.3 * (figures[(figures.Length - 1) / 2] - 1)) + 0.05);
    }

    private static void Quality(Plot plot, IReadOnlyList<EpochResult> epochs, double bleu)
    {
        Charts.Frame(plot, "BLEU, and tokens that are right", "");
        Charts.Dots(plot, epochs, epoch => 100 * epoch.TrainingAccuracy, Charts.Training, "training tokens, %");
        Charts.Dots(plot, epochs, epoch => 100 * epoch.Validation?.Accuracy, Charts.Baseline, "held-back tokens, %");
        Charts.Dots(plot, epochs, epoch => epoch.Validation?.Score, Charts.Validation, "held-back BLEU");
        Charts.Level(plot, bleu, Charts.Test, $"test BLEU {bleu:f1}", LinePattern.Solid);
        plot.Axes.AutoScale();
        plot.Axes.SetLimitsY(0, 102);
    }
}
