using System.Globalization;
using Bdia.Core.Native;
using Bdia.Core.Operations;
using Bdia.Core.Training;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using TorchSharp;
using static TorchSharp.torch;
using static System.FormattableString;

namespace Bdia.MLNet.Trainers;

/// <summary>Which figures a task has besides loss and accuracy.</summary>
/// <param name="Items">What is counted per second: images, tokens.</param>
/// <param name="Score">What the task calls its own validation figure, where it has one.</param>
/// <param name="Perplexity">Whether the loss is one per token, so that its exponential is the perplexity.</param>
internal sealed record LogFigures(string Items, string? Score = null, bool Perplexity = false);

/// <summary>
/// Passes on how training goes: every report to the caller, a line per epoch to ML.NET's log, and figures to its progress channel.
/// </summary>
internal sealed class TrainingLog : IProgress<TrainingProgress>, IProgress<TrainingNote>, IDisposable
{
    private readonly IChannel channel;
    private readonly IProgressChannel figures;
    private readonly IProgress<TrainingProgress>? caller;
    private readonly LogFigures shown;
    private readonly bool speaks;
    private volatile TrainingProgress? latest;

    /// <param name="host">Where the log goes.</param>
    /// <param name="name">What is going on.</param>
    /// <param name="shown">Which figures there are, and what they are called.</param>
    /// <param name="caller">Who else wants every report.</param>
    /// <param name="speaks">Whether it says anything: of several processes that train together, one does.</param>
    public TrainingLog(IHost host, string name, LogFigures shown, IProgress<TrainingProgress>? caller, bool speaks = true)
    {
        this.speaks = speaks;
        this.shown = shown;
        this.caller = caller;
        channel = host.Start(name);
        figures = host.StartProgressChannel(name);
        figures.SetHeader(new ProgressHeader(shown.Score is { } score ? ["Loss", "Accuracy", score]
            : ["Loss", "Accuracy"], ["epochs", "steps"]), entry =>
        {
            if (latest is not { } progress)
                return;
            entry.SetProgress(0, progress.Epoch - 1, progress.Epochs);
            entry.SetProgress(1, progress.Step, progress.TotalSteps);
            entry.SetMetric(0, progress.Loss);
            if (progress.Accuracy is { } accuracy)
                entry.SetMetric(1, accuracy);
            if (shown.Score is not null && progress.CompletedEpoch?.Validation?.Score is { } figure)
                entry.SetMetric(2, figure);
        });
    }

    public void Report(TrainingNote value)
    {
        if (value.IsWarning)
            Warning(value.Text);
        else
            Info(value.Text);
    }

    public void Report(TrainingProgress value)
    {
        latest = value;
        if (value.CompletedEpoch is { } epoch)
        {
            Info(EpochLine(value, epoch));
            double?[] metrics = shown.Score is null ? [value.Loss, value.Accuracy] : [value.Loss, value.Accuracy, epoch.Validation?.Score];
            figures.Checkpoint([.. metrics, epoch.Epoch, value.Step]);
        }
        caller?.Report(value);
    }

    public void Info(string text)
    {
        if (speaks)
            channel.Info(MessageSensitivity.None, text);
    }

    public void Warning(string text)
    {
        if (speaks)
            channel.Warning(MessageSensitivity.None, text);
    }

    /// <summary>Says what a recipe has set, where one was chosen.</summary>
    /// <param name="chosen">Which; null for none.</param>
    /// <param name="of">What it sets for the task.</param>
    public void Recipe(Recipe? chosen, Func<Recipe, TaskRecipe> of)
    {
        if (chosen is { } recipe) Info($"Recipe {recipe}: {of(recipe)}. What was set otherwise counts.");
    }

    /// <summary>Tells of a precision that is not the usual one, and warns where it brings less than it seems to.</summary>
    public void Precision(ComputePrecision precision, Device device)
    {
        if (precision != ComputePrecision.BFloat16) return;
        if (device.type != DeviceType.CPU || BdiaRuntime.HasBFloat16Products)
            Info("Precision is BFloat16: matrix products are taken in it, states and sums in float32.");
        else
            Warning("Precision is BFloat16, but this processor has no fast products of it: they are taken in float32, of values rounded "
                + "to bfloat16. Float32 is as fast here, and more precise.");
    }

    /// <summary>The last line of a run.</summary>
    public void Finish(TrainingResult result)
    {
        var kept = result.AveragedEpochs is { } averaged ? $"the mean of the weights of epochs {string.Join(", ", averaged)} was kept"
            : result.BestEpoch is { } best ? $"the weights of epoch {best} were kept"
            : "the last weights were kept";
        var figure = result.BestValidation is { } validation ? $" ({Figures(validation)})" : "";
        if (Unproven(result) is { } warning)
            Warning(warning);
        var seconds = result.SecondsTraining.ToString("F1", CultureInfo.InvariantCulture);
        var line = $"Training ended ({result.StopReason}) after {result.Steps} steps and {seconds} s; {kept}{figure}.";
        if (result.Fault is { } fault)
            Warning($"{line} {fault.Message}");
        else
            Info(line);
    }

    // A model that nothing has judged, of a run that was stopped: what it is worth, nobody knows.
    private static string? Unproven(TrainingResult result)
    {
        if (result.StopReason is not (StopReason.Cancelled or StopReason.TimeBudget) || result.AveragedEpochs is not null)
            return null;
        var before = result.History.Count == 0 ? "the first epoch was over" : result.HasValidation
            && result.BestEpoch is null ? "anything was validated" : null;
        return before is null ? null
            : $"Training was stopped ({result.StopReason}) after {result.Steps} steps, before {before}: the model has the last weights, "
                + "and may have learned next to nothing. Give it more time.";
    }

    /// <summary>Says that an exception which is on its way to the caller has the best model so far.</summary>
    public void Rescued(TrainingResult result)
        => Warning($"Training was ended by an exception after {result.Steps} steps. The best model so far, that of epoch "
            + $"{result.BestEpoch}, comes with it: call {nameof(TrainingFault.BestModel)} of the exception.");

    private string EpochLine(TrainingProgress progress, EpochResult epoch)
        => Invariant($"Epoch {epoch.Epoch}/{progress.Epochs}: {Figures("training", epoch.TrainingLoss, epoch.TrainingAccuracy)}")
            + (epoch.Validation is { } validation ? $", {Figures(validation)}" : "")
            + Invariant($", {progress.ItemsPerSecond:F1} {shown.Items}/s, learning rate {epoch.LearningRate:G3}")
            + $", remaining {Clock(progress.Remaining ?? TimeSpan.Zero)}"
            + Invariant($", peak memory {progress.PeakResidentBytes / 1e6:F0} MB, side information {progress.SideInformationBytes} bytes");

    // Long runs last for days, of which hh alone says nothing.
    private static string Clock(TimeSpan time) => $"{(long)time.TotalHours:00}:{time:mm\\:ss}";

    private string Figures(ValidationResult validation)
        => Figures("validation", validation.Loss, validation.Accuracy)
            + (shown.Perplexity ? Invariant($", validation perplexity {validation.Perplexity:F2}") : "")
            + (shown.Score is not null && validation.Score is { } score ? Invariant($", validation {shown.Score} {score:F2}") : "");

    // Each part by itself: a text within a text is written in the language of the process.
    private static string Figures(string set, double loss, double? accuracy)
        => Invariant($"{set} loss {loss:F4}") + (accuracy is { } share ? Invariant($", {set} accuracy {share:P2}") : "");

    public void Dispose()
    {
        figures.Dispose();
        channel.Dispose();
    }
}
