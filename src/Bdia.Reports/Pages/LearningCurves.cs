using Bdia.Reports.Content;

namespace Bdia.Reports.Pages;

/// <summary>Loss and accuracy over the epochs.</summary>
internal static class LearningCurves
{
    private const int Points = 240;

    public static void Write(Html html, ReportContent content)
    {
        var epochs = content.Facts.Epochs;
        html.Raw("<div class=\"plots\">");
        html.Raw(Plot.Lines("Loss over the epochs", "epoch", "loss",
        [
            new("training, step by step", "a", Smoothed(content.Steps)),
            new("rows held back", "b", [.. epochs.Where(epoch => epoch.Validation is not null)
                .Select(epoch => ((double)epoch.Epoch, epoch.Validation!.Loss))], Marked: true),
        ]));
        if (epochs.Any(epoch => epoch.Validation?.Accuracy is not null || epoch.TrainingAccuracy is not null))
            html.Raw(Plot.Lines("Share of right answers over the epochs", "epoch", "right",
            [
                new("training", "a", [.. epochs.Where(epoch => epoch.TrainingAccuracy is not null)
                    .Select(epoch => ((double)epoch.Epoch, epoch.TrainingAccuracy!.Value))], Marked: true),
                new("rows held back", "b", [.. epochs.Where(epoch => epoch.Validation?.Accuracy is not null)
                    .Select(epoch => ((double)epoch.Epoch, epoch.Validation!.Accuracy!.Value))], Marked: true),
            ]));
        if (epochs.Any(epoch => epoch.Validation?.Score is not null))
            html.Raw(Plot.Lines("BLEU of rows held back", "epoch", "BLEU", [new("BLEU", "b", [.. epochs
                .Where(epoch => epoch.Validation?.Score is not null)
                .Select(epoch => ((double)epoch.Epoch, epoch.Validation!.Score!.Value))], Marked: true)]));
        html.Raw("</div>");
        html.Table("Every epoch", ["Epoch", "Training loss", "Training, right", "Loss held back", "Right held back", "Seconds"],
            epochs.Select(epoch => (IReadOnlyList<Cell>)[Cell.Text($"{epoch.Epoch}"), Cell.Figure($"{epoch.TrainingLoss:f4}"),
                Cell.Figure(Share(epoch.TrainingAccuracy)), Cell.Figure(epoch.Validation is { } held ? $"{held.Loss:f4}" : ""),
                Cell.Figure(Share(epoch.Validation?.Accuracy)), Cell.Figure($"{epoch.Seconds:f1}")]));
    }

    private static string Share(double? value) => value is { } share ? $"{share:p1}" : "";

    // Means of neighbours: a step is a noisy sample, and a page need not hold ten thousand of them.
    private static (double, double)[] Smoothed(IReadOnlyList<(double Epoch, double Loss)> steps)
        => [.. steps.Chunk(Math.Max(1, (steps.Count + Points - 1) / Points))
            .Select(some => (some.Average(step => step.Epoch), some.Average(step => step.Loss)))];
}
