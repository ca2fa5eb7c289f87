using System.Diagnostics;
using Bdia.Core.MemoryEstimates;
using Bdia.Core.Training;
using Bdia.Data;
using Bdia.MLNet;
using Bdia.Reports;
using Bdia.Reports.Content;
using Bdia.Reports.Inspecting;
using Bdia.Reports.Rows;
using Bdia.Tool.CommandLine;
using Bdia.Tool.Generating;
using Bdia.Tool.Models;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Bdia.Tool.Training;

/// <summary>From a data set to a model, its report and its projects.</summary>
internal sealed class TrainingCommand(TrainingTask task, Invocation invocation)
{
    private const double HeldForTest = 0.2;

    // Strong regularisation does not pay in fewer.
    private const int FewEpochs = 20;
    private readonly ToolConsole console = invocation.Console;

    public int Run(TrainOptions options)
    {
        CheckOutput(options);
        var clock = Stopwatch.StartNew();
        var mlContext = new MLContext(options.Seed);
        mlContext.Log += Log;
        var (data, test) = Data(options);
        console.Say($"{data.Name} ({data.Kind}): {data.Train.Count:N0} rows to train on, {test.Count:N0} to test on"
            + (data.Classes.Count > 0 ? $", {data.Classes.Count} classes" : ""));
        var memory = Estimate(mlContext, data, options);
        if (memory is not null) console.Say($"Memory of training: about {memory}");

        console.Say($"Precision of matrix products: {options.Precision}");
        var record = new ProgressRecord();
        var seconds = new Dictionary<string, double> { ["reading the data set"] = clock.Elapsed.TotalSeconds };
        var (epochs, budget) = Plan(data, options, seconds);
        var checkpoints = Checkpoints.Prepare(options, console.Note);
        var trained = console.Watch(task.Unit, record, progress => task.Fit(mlContext, data, options,
            new(epochs, budget, checkpoints, progress, invocation.Stop)));
        if (trained.Result.StopReason == StopReason.TimeBudget)
            console.Say($"The time was over after {trained.Result.Steps:N0} steps.");
        if (trained.Result.StopReason is StopReason.Cancelled or StopReason.Diverged)
            console.Note($"training ended early ({trained.Result.StopReason}) after {trained.Result.Steps:N0} steps: what follows is the "
                + "best model so far.");
        seconds["training"] = trained.Result.SecondsTraining;

        clock.Restart();
        var evaluation = task.Evaluate(mlContext, trained.Model, test);
        seconds["scoring the test rows"] = clock.Elapsed.TotalSeconds;
        foreach (var figure in evaluation.Figures) console.Say($"  {figure.Name}: {figure.Shown}");

        var facts = RunFacts.Of(task.Name, options.Name, data, trained.Result, evaluation, test.Count, options.Command,
            RunFacts.OptionsOf(options, nameof(options.Command)));
        SavedModel.Save(mlContext, options.ModelFile, trained, facts);
        SavedModel.SaveFacts(options.At($"{options.Name}.json"), facts);
        Say("model", options.ModelFile);
        if (options.Report)
        {
            var report = new ReportContent
            {
                Facts = facts, Title = task.Title, Evaluation = evaluation, Steps = record.Steps, Memory = memory, Seconds = seconds,
                Inspection = Inspection.Of(data, test), Model = trained.Model, Training = data.Train,
            };
            Report.Write(options.At($"{options.Name}.report.html"), report);
            Say("report", options.At($"{options.Name}.report.html"));
        }

        if (options.Code)
            ProjectWriter.Write(task, data, options, evaluation, epochs ?? (trained.Result.History is [.., var last] ? last.Epoch : null),
                console);
        return ExitCode.Success;
    }

    /// <summary>Passes on what ML.NET and its trainers say.</summary>
    public void Log(object? sender, LoggingEventArgs e)
    {
        if (e.Kind >= ChannelMessageKind.Warning) console.Note(e.RawMessage);
        else if (e.Kind == ChannelMessageKind.Info) console.Detail(e.RawMessage);
    }

    private void Say(string what, string path) => console.Say($"  {what,-10} {path}");

    // Before an hour of training, not after it.
    private static void CheckOutput(TrainOptions options)
    {
        try
        {
            Directory.CreateDirectory(options.Output);
            var probe = options.At($".{options.Name}.probe");
            File.WriteAllText(probe, "");
            File.Delete(probe);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new OutputException($"The folder {options.Output} cannot be written to ({fault.Message.TrimEnd('.')}). Choose another "
                + "with --output.", fault);
        }
    }

    private (RowSets Data, IReadOnlyList<DataRow> Test) Data(TrainOptions options)
    {
        var data = task.Load(options.Dataset, options);
        foreach (var fault in data.LeftOut.Take(5)) console.Note($"left out: {fault}");
        if (data.LeftOut.Count > 5) console.Note($"left out: {data.LeftOut.Count - 5:N0} more");
        if (options.ValidationDataset is { } validation)
            data = data with { Validation = Known(data, task.Load(validation, options).Train, validation) };
        if (options.TestDataset is { } path) return (data, Known(data, task.Load(path, options).Train, path));
        if (data.Test is { } own) return (data, own);

        var (kept, held) = data.IsOneText ? Ends(data.Train)
            : HeldOut.Split(data.Train, row => task.HasClasses ? row.Expected : "", row => row.Picture is null ? row.Text : row.Name,
                task.HasClasses ? HeldForTest : Math.Min(HeldForTest, 1000.0 / data.Train.Count), options.Seed);
        if (held.Count == 0)
            throw new InputException($"{options.Dataset} has {data.Train.Count} row(s) that can be used, too few to hold some back for "
                + "testing. Add rows, or give --test-dataset.");
        console.Note($"{held.Count:N0} rows are held back for testing, chosen by the seed; --test-dataset names others.");
        return (data with { Train = kept }, held);
    }

    private static (List<DataRow>, List<DataRow>) Ends(IReadOnlyList<DataRow> lines)
    {
        var held = Math.Max(1, lines.Count / 20);
        // The end of one text is one text.
        return ([.. lines.Take(lines.Count - held)],
            [new("the end", string.Join('\n', lines.Skip(lines.Count - held).Select(line => line.Text)), "")]);
    }

    private static IReadOnlyList<DataRow> Known(RowSets data, IReadOnlyList<DataRow> rows, string path)
    {
        if (data.Classes.Count > 0 && rows.FirstOrDefault(row => !data.Classes.Contains(row.Expected)) is { } unknown)
            throw new InputException($"{path}, {unknown.Name} is of class \"{unknown.Expected}\", which no training row has "
                + $"({string.Join(", ", data.Classes.Take(10))}). Give both the same classes.");
        return rows;
    }

    private MemoryEstimate? Estimate(MLContext mlContext, RowSets data, TrainOptions options)
    {
        try
        {
            return task.Estimate(mlContext, data, options);
        }
        catch (InvalidDataException)
        {
            return null; // no row tells the size of the pictures; training will say why
        }
    }

    // Epochs that a budget of time holds: a run that is cut off has not let its learning rate down.
    private (int? Epochs, TimeSpan? Budget) Plan(RowSets data, TrainOptions options, Dictionary<string, double> seconds)
    {
        if (options.TrainTime is not { } limit) return (options.Epochs, null);
        var budget = TimeSpan.FromSeconds(limit);
        if (options.Epochs is not null || options.Resume) return (options.Epochs ?? Checkpoints.Epochs(options), budget);
        var pace = Pace.Measure(task, data, options, budget, invocation.Stop);
        seconds["measuring the pace"] = pace.Seconds;
        console.Say($"{pace.Epochs} epochs suit {limit:N0} seconds at {pace.ItemsPerSecond:f0} {task.Unit}/s");
        if (pace.Epochs < FewEpochs && options.Recipe is { } recipe && task.IsForLongRuns(recipe))
            console.Note($"recipe {recipe} is meant for longer runs: in fewer than {FewEpochs} epochs what it does against learning by "
                + "heart costs accuracy. Give more time, or --recipe Fast.");
        Checkpoints.KeepEpochs(options, pace.Epochs);
        return (pace.Epochs, budget - TimeSpan.FromSeconds(Math.Min(pace.Seconds, limit / 2.0)));
    }
}
