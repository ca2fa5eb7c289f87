using System.Diagnostics;
using Bdia.Core.Native;
using Bdia.Core.Training;
using Bdia.Data.Pictures;
using Bdia.MLNet;
using Bdia.Reports.Rows;
using Bdia.Samples.Common.Reports;
using Bdia.Samples.ImageClassification.Data;
using Bdia.Samples.ImageClassification.Options;
using Microsoft.ML.Data;
using Spectre.Console;
using Prediction = Bdia.Samples.ImageClassification.Data.Prediction;

namespace Bdia.Samples.ImageClassification.Reports;

/// <summary>Everything that the sample says on the console and writes into its output folder.</summary>
internal sealed class RunReport(SampleOptions options) : RunConsole(options)
{
    private readonly SampleOptions options = options;

    /// <summary>Says what there is to learn.</summary>
    public void Data(PictureData data)
    {
        var names = string.Join(", ", data.Classes.Take(12)) + (data.Classes.Count > 12 ? ", ..." : "");
        AnsiConsole.MarkupLineInterpolated(
            $"[bold]{data.Name}[/]: {data.Rows.Train:N0} pictures to learn from, {data.Rows.Test:N0} to test with, {data.Size}");
        AnsiConsole.MarkupLineInterpolated($"{data.Classes.Count} classes: {names}");
        AnsiConsole.WriteLine();
    }

    /// <summary>Runs the linear model and says how it did.</summary>
    public MulticlassClassificationMetrics Linear(Func<MulticlassClassificationMetrics> evaluate)
    {
        var clock = Stopwatch.StartNew();
        AnsiConsole.MarkupLine("[bold]Linear model[/] on the same pixels (ML.NET's SdcaMaximumEntropy)");
        var metrics = evaluate();
        AnsiConsole.MarkupLineInterpolated(
            $"  right on {metrics.MicroAccuracy:p2} of the test rows   [grey]{clock.Elapsed.TotalSeconds:f0} s[/]");
        AnsiConsole.WriteLine();
        return metrics;
    }

    /// <summary>Says how the transformer did, beside the linear model.</summary>
    public void Metrics(MulticlassClassificationMetrics metrics, MulticlassClassificationMetrics? linear)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("test rows").AddColumn(new TableColumn("accuracy").RightAligned())
            .AddColumn(new TableColumn("log-loss").RightAligned());
        if (linear is not null) table.AddRow("linear model (SdcaMaximumEntropy)", $"{linear.MicroAccuracy:p2}", $"{linear.LogLoss:f3}");
        table.AddRow("[bold]BDIA vision transformer[/]", $"[bold]{metrics.MicroAccuracy:p2}[/]", $"[bold]{metrics.LogLoss:f3}[/]");
        AnsiConsole.WriteLine();
        AnsiConsole.Write(table);
    }

    /// <summary>Writes the pictures and the figures, and says where they are.</summary>
    public void Write(PictureData data, IEnumerable<Picture> pictures, IEnumerable<Prediction> predictions, TrainingMonitor monitor,
        TrainingResult training, MulticlassClassificationMetrics metrics, MulticlassClassificationMetrics? linear, bool identical)
    {
        var (curve, sheet) = (Path.Combine(this.options.Output, "learning-curve.png"),
            Path.Combine(this.options.Output, "contact-sheet.png"));
        ClassifierCurve.Save(curve, data.Name, monitor.Steps, training.History, metrics.MicroAccuracy, linear?.MicroAccuracy);
        ContactSheet.Save(sheet, $"{data.Name}, test rows", data.Size, [.. pictures], [.. predictions]);
        ResultJson.Save(this.options.Json, new ResultFile
        {
            Accuracy = metrics.MicroAccuracy,
            LogLoss = metrics.LogLoss,
            LinearBaselineAccuracy = linear?.MicroAccuracy,
            SecondsTraining = training.SecondsTraining,
            PeakResidentBytes = training.PeakResidentBytes,
            SideInformationBytes = training.SideInformationBytes,
            ReloadedScoresIdentical = identical,
            Command = this.options.Command,
            Data = data.Name,
            TrainRows = data.Rows.Train,
            TestRows = data.Rows.Test,
            Classes = data.Classes,
            Options = this.options,
            Training = training,
            SecondsInAll = Seconds,
            Software = BdiaRuntime.Describe(),
        });

        AnsiConsole.MarkupLineInterpolated(
            $"Saved and loaded again, the model gives {(identical ? "the same scores, byte for byte" : "[red]other scores[/]")}.");
        Files(("model", this.options.Save), ("learning curve", curve), ("contact sheet", sheet), ("figures", this.options.Json),
            ("report", this.options.Report));
    }

    /// <summary>Writes the report in one page.</summary>
    public void Html(PictureData data, BdiaImageClassificationTransformer model, IEnumerable<Prediction> predictions,
        TrainingResult training, TrainingMonitor monitor)
    {
        var rows = data.Files.Test!.Zip(predictions, (row, answer) =>
            (row, new Bdia.Reports.Rows.Prediction(answer.PredictedLabel, answer.Score.Max(), answer.Score)));
        HtmlReport.Save(this.options, "image-classification", "model that tells pictures apart", data.Files, model,
            Evaluation.OfClasses([.. rows], data.Classes), training, monitor, Seconds);
    }
}
