using Bdia.Core.Training;
using Spectre.Console;
using ValidationResult = Bdia.Core.Training.ValidationResult;

namespace Bdia.Samples.Common.Reports;

/// <summary>
/// What the trainer reports, kept for the learning curve and shown while it trains: a progress bar on a terminal, a line
/// for every epoch anywhere else.
/// </summary>
/// <param name="unit">What the trainer counts.</param>
/// <param name="preparing">What the trainer does before its first step.</param>
/// <param name="held">Figures of a validation besides its loss and its share of right ones, for people.</param>
internal sealed class TrainingMonitor(string unit, string preparing, Func<ValidationResult, string>? held = null)
    : IProgress<TrainingProgress>
{
    private readonly List<(double Epoch, double Loss)> steps = [];
    private ProgressTask? bar;
    private double loss, accuracy;

    /// <summary>Loss of every step against the epoch, 1.5 being half-way through the second.</summary>
    public IReadOnlyList<(double Epoch, double Loss)> Steps => steps;

    /// <summary>Trains with a progress bar where there is a terminal.</summary>
    public T Watch<T>(Func<T> train)
    {
        if (!AnsiConsole.Profile.Capabilities.Interactive || Console.IsOutputRedirected) return train();
        return AnsiConsole.Progress().AutoClear(true)
            .Columns(new SpinnerColumn(), new ProgressBarColumn { Width = 30 }, new PercentageColumn(),
                new TaskDescriptionColumn { Alignment = Justify.Left })
            .Start(context =>
            {
                bar = context.AddTask(preparing);
                return train();
            });
    }

    /// <summary>Called by the trainer after every step and every epoch, on its own thread.</summary>
    public void Report(TrainingProgress value)
    {
        if (value.CompletedEpoch is { } epoch)
        {
            Line(epoch, value);
            return;
        }

        steps.Add((value.Epoch - 1 + ((double)value.StepInEpoch / value.StepsPerEpoch), value.Loss));
        Bar(value);
    }

    private void Line(EpochResult epoch, TrainingProgress now)
    {
        var validation = epoch.Validation is { } figures
            ? $"   held back: loss {figures.Loss,6:f3}, right {figures.Accuracy,7:p1}{held?.Invoke(figures)}" : "";
        var learned = $"loss {epoch.TrainingLoss,6:f3}, right {epoch.TrainingAccuracy,7:p1}";
        var pace = $"{now.ItemsPerSecond,5:f0} {unit}/s, {epoch.Seconds:f0} s";
        AnsiConsole.MarkupLineInterpolated(
            $"  epoch [bold]{epoch.Epoch,3}[/]/{now.Epochs}   {learned}{validation}   [grey]{pace}[/]");
    }

    private void Bar(TrainingProgress now)
    {
        if (bar is null) return;
        // One batch is a noisy sample: what is shown follows the last twenty or so.
        var weight = steps.Count == 1 ? 1 : 0.05;
        loss += weight * (now.Loss - loss);
        accuracy += weight * ((now.Accuracy ?? 0) - accuracy);
        bar.MaxValue = now.TotalSteps;
        bar.Value = now.Step;
        var left = now.Remaining is { } time ? $"{(int)time.TotalMinutes}:{time.Seconds:00} left" : "";
        bar.Description = $"epoch {now.Epoch}/{now.Epochs}  loss [bold]{loss:f3}[/]  right [bold]{accuracy:p1}[/]  " +
            $"[grey]{now.ItemsPerSecond:f0} {unit}/s  {left}  {now.PeakResidentBytes / 1e6:f0} MB[/]";
    }
}
