using System.Diagnostics;
using Bdia.Core.Native;
using Bdia.Core.TextClassification;
using Bdia.MLNet;
using Bdia.Reports.Rows;
using Bdia.Samples.Common.Reports;
using Bdia.Samples.TextClassification.Data;
using Bdia.Samples.TextClassification.Options;
using Microsoft.ML.Data;
using Spectre.Console;
using LabelledText = Bdia.Data.Texts.LabelledText;

namespace Bdia.Samples.TextClassification.Reports;

/// <summary>Everything that the sample says on the console and writes into its output folder.</summary>
internal sealed class RunReport(SampleOptions options) : RunConsole(options)
{
    private const int Examples = 8;
    private readonly SampleOptions options = options;

    /// <summary>Says what there is to learn.</summary>
    public void Data(LabelledTexts data)
    {
        var names = string.Join(", ", data.Classes.Take(12)) + (data.Classes.Count > 12 ? ", ..." : "");
        AnsiConsole.MarkupLineInterpolated(
            $"[bold]{data.Name}[/]: {data.Train.Count:N0} texts to learn from, {data.Test.Count:N0} to test with");
        AnsiConsole.MarkupLineInterpolated($"{data.Classes.Count} classes: {names}");
        foreach (var row in data.Train.Take(3)) AnsiConsole.MarkupLineInterpolated($"  [grey]{row.Class}: {Shortened(row.Text)}[/]");
        AnsiConsole.WriteLine();
    }

    /// <summary>Runs the linear model and says how it did.</summary>
    public MulticlassClassificationMetrics Linear(Func<MulticlassClassificationMetrics> evaluate)
    {
        var clock = Stopwatch.StartNew();
        AnsiConsole.MarkupLine("[bold]Linear model[/] on the same texts (ML.NET's FeaturizeText and SdcaMaximumEntropy)");
        var metrics = evaluate();
        AnsiConsole.MarkupLineInterpolated(
            $"  right on {metrics.MicroAccuracy:p2} of the test rows   [grey]{clock.Elapsed.TotalSeconds:f0} s[/]");
        AnsiConsole.WriteLine();
        return metrics;
    }

    /// <summary>Says how the transformer did, beside the linear model, and shows some rows: wrong ones too, since they tell most.</summary>
    public void Metrics(MulticlassClassificationMetrics metrics, MulticlassClassificationMetrics? linear,
        IEnumerable<Classified> classified)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("test rows").AddColumn(new TableColumn("accuracy").RightAligned())
            .AddColumn(new TableColumn("log-loss").RightAligned());
        if (linear is not null)
            table.AddRow("linear model (FeaturizeText, SdcaMaximumEntropy)", $"{linear.MicroAccuracy:p2}", $"{linear.LogLoss:f3}");
        table.AddRow("[bold]BDIA text encoder[/]", $"[bold]{metrics.MicroAccuracy:p2}[/]", $"[bold]{metrics.LogLoss:f3}[/]");
        AnsiConsole.WriteLine();
        AnsiConsole.Write(table);

        var rows = classified.ToList();
        var wrong = rows.Where(row => !row.IsRight).Take(Examples / 2).ToList();
        foreach (var row in rows.Where(row => row.IsRight).Take(Examples - wrong.Count).Concat(wrong))
        {
            AnsiConsole.MarkupLineInterpolated($"  {Shortened(row.Text)}");
            if (row.IsRight) AnsiConsole.MarkupLineInterpolated($"    [green]{row.PredictedLabel}[/]");
            else AnsiConsole.MarkupLineInterpolated($"    [yellow]{row.PredictedLabel}[/]   [grey]it is: {row.Class}[/]");
        }

        AnsiConsole.WriteLine();
    }

    /// <summary>Writes the learning curve and the figures, and says where they are.</summary>
    public void Write(LabelledTexts data, TrainingMonitor monitor, TextClassifier model, MulticlassClassificationMetrics metrics,
        MulticlassClassificationMetrics? linear, bool identical)
    {
        var training = model.Result!;
        ClassifierCurve.Save(this.options.Curve, data.Name, monitor.Steps, training.History, metrics.MicroAccuracy, linear?.MicroAccuracy);
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
            TrainRows = data.Train.Count,
            TestRows = data.Test.Count,
            Classes = data.Classes,
            Vocabulary = model.Tokenizer.Size,
            Weights = model.Model.parameters().Sum(weights => weights.numel()),
            Options = this.options,
            Training = training,
            SecondsInAll = Seconds,
            Software = BdiaRuntime.Describe(),
        });

        AnsiConsole.MarkupLineInterpolated(
            $"Saved and loaded again, the model gives {(identical ? "the same scores, byte for byte" : "[red]other scores[/]")}.");
        Files(("model", this.options.Save), ("learning curve", this.options.Curve), ("figures", this.options.Json),
            ("report", this.options.Report));
    }

    /// <summary>Writes the report in one page.</summary>
    public void Html(LabelledTexts data, BdiaTextClassificationTransformer model, IEnumerable<Classified> classified,
        TrainingMonitor monitor)
    {
        var rows = new RowSets
        {
            Name = data.Name, Kind = "texts and classes", Classes = data.Classes, Train = Rows(data.Train), Test = Rows(data.Test),
        };
        var answers = rows.Test.Zip(classified, (row, answer) =>
            (row, new Prediction(answer.PredictedLabel, answer.Score.Max(), answer.Score)));
        HtmlReport.Save(this.options, "text-classification", "model that tells texts apart", rows, model,
            Evaluation.OfClasses([.. answers], data.Classes), model.Model.Result!, monitor, Seconds);
    }

    private static DataRow[] Rows(IReadOnlyList<LabelledText> texts)
        => [.. texts.Select((row, i) => new DataRow($"row {i + 1:N0}", row.Text, row.Class))];

    private static string Shortened(string text) => text.Length <= 110 ? text : text[..110] + "...";
}
