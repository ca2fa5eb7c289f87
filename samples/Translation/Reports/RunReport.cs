using Bdia.Core.Native;
using Bdia.Core.SequenceToSequence;
using Bdia.MLNet;
using Bdia.Reports.Rows;
using Bdia.Samples.Common.Reports;
using Bdia.Samples.Translation.Data;
using Bdia.Samples.Translation.Options;
using Spectre.Console;
using TextPair = Bdia.Data.Texts.TextPair;
using ValidationResult = Bdia.Core.Training.ValidationResult;

namespace Bdia.Samples.Translation.Reports;

/// <summary>Everything that the sample says on the console and writes into its output folder.</summary>
internal sealed class RunReport(SampleOptions options) : RunConsole(options)
{
    private const int Examples = 8;
    private readonly SampleOptions options = options;

    /// <summary>Figures of a validation for people.</summary>
    public static string Figures(ValidationResult validation)
        => $", perplexity {validation.Perplexity,6:f2}" + (validation.Score is { } bleu ? $", BLEU {bleu,5:f1}" : "");

    /// <summary>Says what there is to learn.</summary>
    public void Data(ParallelText data)
    {
        var held = data.Validation is { } validation ? $"{validation.Count:N0} to choose the best epoch by, " : "";
        var (learned, tested) = ($"{data.Train.Count:N0} rows to learn from, ", data.Tests.Sum(test => test.Rows.Count));
        AnsiConsole.MarkupLineInterpolated(
            $"[bold]{data.Name}[/], {data.Languages.Source} to {data.Languages.Target}: {learned}{held}{tested:N0} to test with");
        foreach (var row in data.Train.Take(3)) AnsiConsole.MarkupLineInterpolated($"  [grey]{row.Source}[/]  =  [grey]{row.Target}[/]");
        AnsiConsole.WriteLine();
    }

    /// <summary>Says how well the test rows were translated, and shows some: those that are wrong first, since they tell most.</summary>
    public void Metrics(ParallelText data, IReadOnlyList<SequenceToSequenceMetrics> metrics, IEnumerable<Translated> translated)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("test rows").AddColumn("");
        foreach (var name in new[] { "exact match", "BLEU", "chrF" }) table.AddColumn(new TableColumn(name).RightAligned());
        foreach (var (test, figures) in data.Tests.Zip(metrics))
            table.AddRow(Markup.Escape(test.Name), $"{figures.RowCount:N0}", $"[bold]{figures.ExactMatch:p1}[/]",
                $"[bold]{figures.Bleu:f2}[/]", $"[bold]{figures.Chrf:f2}[/]");
        AnsiConsole.WriteLine();
        AnsiConsole.Write(table);

        var rows = translated.ToList();
        var wrong = rows.Where(row => !row.IsRight).Take(Examples / 2).ToList();
        foreach (var row in rows.Where(row => row.IsRight).Take(Examples - wrong.Count).Concat(wrong))
        {
            AnsiConsole.MarkupLineInterpolated($"  {row.Source}");
            if (row.IsRight) AnsiConsole.MarkupLineInterpolated($"    [green]{row.PredictedText}[/]");
            else AnsiConsole.MarkupLineInterpolated($"    [yellow]{row.PredictedText}[/]   [grey]reference: {row.Target}[/]");
        }

        AnsiConsole.WriteLine();
    }

    /// <summary>Writes the learning curve and the figures of a training run, and says where they are.</summary>
    public void Write(ParallelText data, TrainingMonitor monitor, Translator model, IReadOnlyList<SequenceToSequenceMetrics> metrics,
        bool identical)
    {
        var training = model.Result!;
        var (sourceTokens, targetTokens) =
            (data.Train.Sum(row => (long)model.CountTokens(row.Source)),
            data.Train.Sum(row => model.TargetTokenizer.Encode(row.Target).Count + 1L));
        LearningCurve.Save(this.options.Curve, $"{data.Name}, {data.Languages.Source} to {data.Languages.Target}",
            monitor.Steps, training.History, metrics[0].Bleu);
        ResultJson.Save(this.options.Json, Result(data, metrics) with
        {
            Perplexity = training.BestValidation?.Perplexity,
            SecondsTraining = training.SecondsTraining,
            PeakResidentBytes = training.PeakResidentBytes,
            SourceTokensPerSecond = training.ItemsPerSecond * sourceTokens / targetTokens, // the trainer counts target tokens
            SideInformationBytes = training.SideInformationBytes,
            ReloadedTranslationsIdentical = identical,
            TrainRows = data.Train.Count,
            ValidationRows = data.Validation?.Count,
            SourceVocabulary = model.SourceTokenizer.Size,
            TargetVocabulary = model.TargetTokenizer.Size,
            Weights = model.Model.parameters().Sum(weights => weights.numel()),
            Training = training,
        });

        AnsiConsole.MarkupLine("Saved and loaded again, the model gives "
            + (identical ? "the same translations, and scores equal in every bit." : "[red]other translations[/]."));
        Files(("model", this.options.Save), ("learning curve", this.options.Curve), ("figures", this.options.Json),
            ("report", this.options.Report));
    }

    /// <summary>Writes the report in one page, on the first set of test rows.</summary>
    public void Html(ParallelText data, BdiaSequenceToSequenceTransformer model, IEnumerable<Translated> translated,
        TrainingMonitor monitor)
    {
        var rows = new RowSets
        {
            Name = data.Name, Kind = "texts and translations", Train = Rows(data.Train), Test = Rows(data.Tests[0].Rows),
            Validation = data.Validation is { } validation ? Rows(validation) : null,
        };
        var answers = rows.Test.Zip(translated, (row, answer) => (row, new Prediction(answer.PredictedText, answer.Score)));
        HtmlReport.Save(this.options, "translation", "translator", rows, model, Evaluation.OfTranslations([.. answers]),
            model.Model.Result!, monitor, Seconds);
    }

    /// <summary>Writes the figures of a model that was loaded.</summary>
    public void Write(ParallelText data, IReadOnlyList<SequenceToSequenceMetrics> metrics)
    {
        ResultJson.Save(this.options.Json, Result(data, metrics));
        Files(("figures", this.options.Json));
    }

    private static DataRow[] Rows(IReadOnlyList<TextPair> pairs)
        => [.. pairs.Select((pair, i) => new DataRow($"row {i + 1:N0}", pair.Source, pair.Target))];

    private ResultFile Result(ParallelText data, IReadOnlyList<SequenceToSequenceMetrics> metrics) => new()
    {
        Bleu = metrics[0].Bleu,
        ChrF = metrics[0].Chrf,
        ExactMatch = metrics[0].ExactMatch,
        Tests = [.. data.Tests.Zip(metrics, (test, figures) => new TestResult(
            test.Name, figures.RowCount, figures.Bleu, figures.BleuSignature, figures.BrevityPenalty, figures.Chrf,
                figures.ChrfSignature, figures.ExactMatch))],
        Command = this.options.Command,
        Data = data.Name,
        Source = data.Languages.Source,
        Target = data.Languages.Target,
        Options = this.options,
        SecondsInAll = Seconds,
        Software = BdiaRuntime.Describe(),
    };
}
