using Bdia.Core.Native;
using Bdia.Core.TextGeneration;
using Bdia.MLNet;
using Bdia.Reports.Rows;
using Bdia.Samples.Common.Reports;
using Bdia.Samples.TextGeneration.Data;
using Bdia.Samples.TextGeneration.Options;
using Spectre.Console;
using ValidationResult = Bdia.Core.Training.ValidationResult;

namespace Bdia.Samples.TextGeneration.Reports;

/// <summary>Everything that the sample says on the console and writes into its output folder.</summary>
internal sealed class RunReport(SampleOptions options) : RunConsole(options)
{
    private const int Examples = 8;
    private readonly SampleOptions options = options;

    /// <summary>Figures of a validation for people.</summary>
    public static string Figures(ValidationResult validation) => $", perplexity {validation.Perplexity,6:f2}";

    /// <summary>Says what there is to learn.</summary>
    public void Data(TextData data)
    {
        var what = data.IsOneText ? "lines of one text" : "texts";
        AnsiConsole.MarkupLineInterpolated($"[bold]{data.Name}[/]: {data.Train.Count:N0} {what} to learn from");
        foreach (var row in data.Train.Where(row => row.Text.Length > 0).Take(3))
            AnsiConsole.MarkupLineInterpolated($"  [grey]{row.Text}[/]");
        AnsiConsole.WriteLine();
    }

    /// <summary>Says how well test texts were foreseen, and shows what was written.</summary>
    public void Metrics(TextData data, TextGenerationMetrics metrics, IReadOnlyList<Written> written)
    {
        AnsiConsole.WriteLine();
        var least = data.LeastBitsPerByte is { } bits ? $" ({bits:f3} of them are chance, which nobody can foresee)" : "";
        AnsiConsole.MarkupLineInterpolated(
            $"unseen texts: [bold]{metrics.BitsPerByte:f3}[/] bits per byte{least}, perplexity {metrics.Perplexity:f2} per token");
        if (RightEnds(written) is { } right)
            AnsiConsole.MarkupLineInterpolated($"ends that follow from the beginning: [bold]{right:p1}[/] right of {written.Count:N0}");
        foreach (var row in written.Take(Examples))
            AnsiConsole.MarkupLineInterpolated($"  [grey]{row.Text}[/][bold]{row.PredictedText}[/]");
        AnsiConsole.WriteLine();
    }

    /// <summary>Writes the learning curve and the figures of a training run, and says where they are.</summary>
    public void Write(TextData data, TrainingMonitor monitor, TextGenerator model, TextGenerationMetrics metrics,
        IReadOnlyList<Written> written, bool identical)
    {
        var training = model.Result!;
        LearningCurve.Save(this.options.Curve, data.Name, monitor.Steps, training.History);
        ResultJson.Save(this.options.Json, new ResultFile
        {
            BitsPerByte = metrics.BitsPerByte,
            LeastBitsPerByte = data.LeastBitsPerByte,
            Perplexity = metrics.Perplexity,
            RightEnds = RightEnds(written),
            SecondsTraining = training.SecondsTraining,
            PeakResidentBytes = training.PeakResidentBytes,
            TokensPerSecond = training.ItemsPerSecond,
            SideInformationBytes = training.SideInformationBytes,
            ReloadedTextsIdentical = identical,
            Examples = [.. written.Take(Examples).Select(row => new Example(row.Text, row.PredictedText, row.Score))],
            Command = this.options.Command,
            Data = data.Name,
            TrainRows = data.Train.Count,
            TestRows = data.Test.Count,
            Vocabulary = model.Tokenizer.Size,
            Weights = model.Model.parameters().Sum(weights => weights.numel()),
            Options = this.options,
            Training = training,
            SecondsInAll = Seconds,
            Software = BdiaRuntime.Describe(),
        });
        AnsiConsole.MarkupLine("Saved and loaded again, the model writes "
            + (identical ? "the same texts, with scores equal in every bit." : "[red]other texts[/]."));
        Files(("model", this.options.Save), ("learning curve", this.options.Curve), ("figures", this.options.Json),
            ("report", this.options.Report));
    }

    /// <summary>Writes the report in one page.</summary>
    public void Html(TextData data, BdiaTextGenerationTransformer model, TextGenerationMetrics metrics, IReadOnlyList<Written> written,
        TrainingMonitor monitor)
    {
        var rows = new RowSets
        {
            Name = data.Name, Kind = data.IsOneText ? "one text" : "texts", IsOneText = data.IsOneText, Train = Rows(data.Train),
            Test = Rows(data.Test),
        };
        var answers = written.Select((row, i) => (new DataRow($"row {i + 1:N0}", row.Text, row.Answer),
            new Prediction(row.PredictedText, row.Score)));
        HtmlReport.Save(this.options, "text-generation", "model that goes on with texts", rows, model,
            Evaluation.OfWriting(metrics, [.. answers]), model.Model.Result!, monitor, Seconds);
    }

    private static DataRow[] Rows(IReadOnlyList<TextRow> texts)
        => [.. texts.Select((row, i) => new DataRow($"row {i + 1:N0}", row.Text, ""))];

    private static double? RightEnds(IReadOnlyList<Written> written)
        => written.Any(row => row.Answer.Length > 0) ? written.Average(row => row.IsRight ? 1.0 : 0) : null;
}
