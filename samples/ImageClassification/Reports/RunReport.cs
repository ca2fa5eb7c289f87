using System.Diagnostics;
using Bdia.Core.Native;
using Bdia.Core.Training;
using Bdia.Samples.ImageClassification.Data;
using Bdia.Samples.ImageClassification.Options;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Spectre.Console;

namespace Bdia.Samples.ImageClassification.Reports;

/// <summary>Everything that the sample says on the console and writes into its output folder.</summary>
internal sealed class RunReport
{
    private readonly SampleOptions _options;
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    public RunReport(SampleOptions options)
    {
        _options = options;
        foreach (var folder in new[] { options.Output, Folder(options.Save), Folder(options.Json) }) Create(folder);
        if (Console.IsOutputRedirected) AnsiConsole.Profile.Width = 200; // a file does not wrap
        AnsiConsole.MarkupLineInterpolated($"[grey]{BdiaRuntime.Describe()}[/]");
    }

    /// <summary>Says what was left out or could not be done, and goes on.</summary>
    public void Note(string message) => AnsiConsole.MarkupLineInterpolated($"[yellow]Note: {message}[/]");

    /// <summary>Passes on what ML.NET and its trainers warn of.</summary>
    public void Log(object? sender, LoggingEventArgs e)
    {
        if (e.Kind >= ChannelMessageKind.Warning) Note($"{e.Source}: {e.RawMessage}");
    }

    /// <summary>Says what there is to learn.</summary>
    public void Data(PictureData data)
    {
        var names = string.Join(", ", data.Classes.Take(12)) + (data.Classes.Count > 12 ? ", ..." : "");
        AnsiConsole.MarkupLineInterpolated($"[bold]{data.Name}[/]: {data.Rows.Train:N0} pictures to learn from, {data.Rows.Test:N0} to test with, {data.Size}");
        AnsiConsole.MarkupLineInterpolated($"{data.Classes.Count} classes: {names}");
        AnsiConsole.WriteLine();
    }

    /// <summary>Runs the linear model and says how it did.</summary>
    public MulticlassClassificationMetrics Linear(Func<MulticlassClassificationMetrics> evaluate)
    {
        var clock = Stopwatch.StartNew();
        AnsiConsole.MarkupLine("[bold]Linear model[/] on the same pixels (ML.NET's SdcaMaximumEntropy)");
        var metrics = evaluate();
        AnsiConsole.MarkupLineInterpolated($"  right on {metrics.MicroAccuracy:p2} of the test rows   [grey]{clock.Elapsed.TotalSeconds:f0} s[/]");
        AnsiConsole.WriteLine();
        return metrics;
    }

    /// <summary>Says so where training ended before its time.</summary>
    public void Training(TrainingResult training)
    {
        if (training.StopReason != StopReason.Completed)
            Note($"training was stopped after {training.Steps:N0} steps; what follows is the best model so far.");
    }

    /// <summary>Says how the transformer did, beside the linear model.</summary>
    public void Metrics(MulticlassClassificationMetrics metrics, MulticlassClassificationMetrics? linear)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("test rows").AddColumn(new TableColumn("accuracy").RightAligned()).AddColumn(new TableColumn("log-loss").RightAligned());
        if (linear is not null) table.AddRow("linear model (SdcaMaximumEntropy)", $"{linear.MicroAccuracy:p2}", $"{linear.LogLoss:f3}");
        table.AddRow("[bold]BDIA vision transformer[/]", $"[bold]{metrics.MicroAccuracy:p2}[/]", $"[bold]{metrics.LogLoss:f3}[/]");
        AnsiConsole.WriteLine();
        AnsiConsole.Write(table);
    }

    /// <summary>Writes the pictures and the figures, and says where they are.</summary>
    public void Write(PictureData data, IEnumerable<Picture> pictures, IEnumerable<Prediction> predictions, TrainingMonitor monitor, TrainingResult training, MulticlassClassificationMetrics metrics, MulticlassClassificationMetrics? linear, bool identical)
    {
        var (curve, sheet) = (Path.Combine(_options.Output, "learning-curve.png"), Path.Combine(_options.Output, "contact-sheet.png"));
        LearningCurve.Save(curve, data.Name, monitor.Steps, training.History, metrics.MicroAccuracy, linear?.MicroAccuracy);
        ContactSheet.Save(sheet, $"{data.Name}, test rows", data.Size, [.. pictures], [.. predictions]);
        new ResultFile
        {
            Accuracy = metrics.MicroAccuracy,
            LogLoss = metrics.LogLoss,
            LinearBaselineAccuracy = linear?.MicroAccuracy,
            SecondsTraining = training.SecondsTraining,
            PeakResidentBytes = training.PeakResidentBytes,
            SideInformationBytes = training.SideInformationBytes,
            ReloadedScoresIdentical = identical,
            Command = _options.Command,
            Data = data.Name,
            TrainRows = data.Rows.Train,
            TestRows = data.Rows.Test,
            Classes = data.Classes,
            Options = _options,
            Training = training,
            SecondsInAll = _clock.Elapsed.TotalSeconds,
            Software = BdiaRuntime.Describe(),
        }.Save(_options.Json);

        AnsiConsole.MarkupLineInterpolated($"Saved and loaded again, the model gives {(identical ? "the same scores, byte for byte" : "[red]other scores[/]")}.");
        AnsiConsole.WriteLine();
        foreach (var (what, path) in new[] { ("model", _options.Save), ("learning curve", curve), ("contact sheet", sheet), ("figures", _options.Json) })
            AnsiConsole.MarkupLineInterpolated($"  {what,-15} {path}");
        AnsiConsole.MarkupLineInterpolated($"[grey]{_clock.Elapsed.TotalSeconds:f0} seconds in all[/]");
    }

    private static void Create(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new SampleException($"The folder {folder} cannot be made. Choose another place with --output, --save and --json.", fault);
        }
    }

    private static string Folder(string path) => Path.GetDirectoryName(Path.GetFullPath(path))!;
}
