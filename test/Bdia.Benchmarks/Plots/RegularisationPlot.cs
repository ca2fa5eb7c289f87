using Bdia.Benchmarks.Regularisation;
using ScottPlot;

namespace Bdia.Benchmarks.Plots;

/// <summary>Held-back accuracy and loss over the epochs, and accuracy against the gamma of inference.</summary>
internal static class RegularisationPlot
{
    /// <summary>Writes the pictures: one of curves, one of inference.</summary>
    public static void Save(string folder, IReadOnlyList<(RegularisationSettings Settings, RegularisationFigures Figures)> runs)
    {
        var methods = runs.GroupBy(run => run.Settings.Method).Select(group => group.First()).ToArray(); // of the first seed
        Chart.Save(Path.Combine(folder, "regularisation.png"),
            plot => Curves(plot, "Held-back accuracy", "%", run => [.. run.History.Where(epoch => epoch.Validation is not null)
                .Select(epoch => ((double)epoch.Epoch, 100 * epoch.Validation!.Accuracy!.Value))]),
            plot => Curves(plot, "Held-back loss", "log-loss", run => [.. run.History.Where(epoch => epoch.Validation is not null)
                .Select(epoch => ((double)epoch.Epoch, epoch.Validation!.Loss))]));
        Chart.Save(Path.Combine(folder, "inference-gamma.png"), plot =>
        {
            foreach (var (settings, figures) in methods.Where(run => run.Figures.Others.Count > 0))
                Chart.Line(plot, $"{settings.Method}", ColorOf(settings.Method),
                    [.. figures.Others.Where(other => other.FractionBits is null).OrderBy(other => other.Gamma)
                        .Select(other => (other.Gamma, 100 * other.Test.Accuracy))], logarithmic: false);
            Chart.Axes(plot, "Inference with another gamma", "gamma", "test accuracy, %", [-1, -0.5, 0, 0.5, 1], logarithmic: false);
            plot.Axes.SetLimitsX(-1.05, 1.05);
        });

        void Curves(Plot plot, string title, string y, Func<RegularisationFigures, IReadOnlyList<(double, double)>> points)
        {
            foreach (var (settings, figures) in methods)
                Chart.Line(plot, $"{settings.Method}", ColorOf(settings.Method), points(figures), logarithmic: false, marks: false);
            var epochs = methods.Max(run => run.Settings.Epochs);
            Chart.Axes(plot, title, "epoch", y, [.. Enumerable.Range(0, 5).Select(i => (double)(i * epochs / 4))], logarithmic: false);
        }
    }

    private static Color ColorOf(RegularisationMethod method) => Color.FromHex(method switch
    {
        RegularisationMethod.Plain => "#7a7a7a",
        RegularisationMethod.Dropout10 => "#d95f02",
        RegularisationMethod.DropPath10 => "#e6ab02",
        RegularisationMethod.RevVit => "#2b8a3e",
        RegularisationMethod.Grid => "#000000",
        RegularisationMethod.BdiaHalf => "#3b6fb6",
        RegularisationMethod.Bdia32nd => "#8e6bbf",
        RegularisationMethod.RandomSize => "#1b9e9e",
        _ => "#c2255c",
    });
}
