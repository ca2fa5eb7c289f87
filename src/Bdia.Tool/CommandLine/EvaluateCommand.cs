using System.CommandLine;
using Bdia.Core.Native;
using Bdia.Data;
using Bdia.Reports;
using Bdia.Reports.Content;
using Bdia.Reports.Inspecting;
using Bdia.Reports.Rows;
using Bdia.Tool.Models;
using Bdia.Tool.Training;
using Microsoft.ML;
using static Bdia.Tool.CommandLine.OptionKinds;

namespace Bdia.Tool.CommandLine;

/// <summary><c>bdia evaluate</c>: the figures of a model on a data set.</summary>
internal static class EvaluateCommand
{
    public static Command Create(Invocation invocation)
    {
        var model = new Argument<string>("MODEL") { Description = "A model file." };
        var dataset = new Argument<string>("DATASET") { Description = "Whatever the model's training command takes as --dataset." };
        var (label, image, text) = (Text("--label-col", "COLUMN", "Column of classes."), Text("--image-col", "COLUMN",
            "Column of pictures."),
            Text("--text-col", "COLUMN", "Column of texts."));
        var (source, target) = (Text("--source", "COLUMN|ENDING", "What is read."), Text("--target", "COLUMN|ENDING", "What is written."));
        var header = new Option<bool>("--has-header") { Description = "Whether a table has names.", DefaultValueFactory = _ => true };
        var report = Text("--report", "FILE", "Write a report, one HTML file.");
        var command = new Command("evaluate", "Tells how good a model is on a data set: its test rows, where it has some.")
        {
            model, dataset, label, image, text, source, target, header, report,
        };
        invocation.Act(command, result =>
        {
            var mlContext = new MLContext(1);
            using var loaded = SavedModel.Load(mlContext, result.GetValue(model)!);
            var options = new TrainOptions
            {
                Dataset = result.GetValue(dataset)!, LabelColumn = result.GetValue(label), ImageColumn = result.GetValue(image),
                TextColumn = result.GetValue(text), Source = result.GetValue(source), Target = result.GetValue(target),
                HasHeader = result.GetValue(header), Name = loaded.Facts?.Name ?? "Model", Output = "", Command = invocation.Line,
            };
            Run(loaded, options, result.GetValue(report), mlContext, invocation.Console);
            return ExitCode.Success;
        });
        return command;
    }

    private static void Run(SavedModel model, TrainOptions options, string? report, MLContext mlContext, ToolConsole console)
    {
        var data = Load(model, options);
        var rows = data.Test ?? data.Train;
        var known = model.Task.Classes(mlContext, model.Model);
        if (model.Task.HasClasses && !rows.Any(row => known.Contains(row.Expected)))
            throw new ToolException(ExitCode.Model, $"{model.Path} knows the classes {string.Join(", ", known.Take(10))}, none of which "
                + $"{options.Dataset} has ({string.Join(", ", data.Classes.Take(10))}). Give another model, or other data.");
        var evaluation = model.Task.Evaluate(mlContext, model.Model, rows);
        foreach (var figure in evaluation.Figures) console.Output.WriteLine($"{figure.Name}\t{figure.Shown}");
        if (report is null) return;
        Report.Write(report, new()
        {
            Facts = Facts(model, data, options, evaluation, rows.Count), Title = model.Task.Title, Evaluation = evaluation,
            Inspection = Inspection.Of(data with { Train = [], Validation = null }, rows), Model = model.Model,
        });
        console.Say($"report\t{report}");
    }

    // Data of another task are told as such: that a folder of pictures has no column of texts helps nobody.
    private static RowSets Load(SavedModel model, TrainOptions options)
    {
        try
        {
            return model.Task.Load(options.Dataset, options);
        }
        catch (InputException fault) when (Path.Exists(options.Dataset) && Other(model, options) is { } other)
        {
            throw new ToolException(ExitCode.Model, $"{model.Path} is a {model.Task.Title}, and {options.Dataset} looks like data for bdia "
                + $"{other.Name}. Give another model, or other data.", fault);
        }
    }

    private static TrainingTask? Other(SavedModel model, TrainOptions options)
    {
        try
        {
            return InspectCommand.TaskOf(options) is var task && task.Name != model.Task.Name ? task : null;
        }
        catch (InputException)
        {
            return null;
        }
    }

    private static RunFacts Facts(SavedModel model, RowSets data, TrainOptions options, Evaluation evaluation, int rows)
    {
        var known = model.Facts ?? new()
        {
            Task = model.Task.Name, Name = options.Name, Dataset = "not known", DatasetKind = "", TrainRows = 0, TestRows = 0, Classes = [],
            Command = "", Options = new Dictionary<string, string>(), Figures = new Dictionary<string, double>(), Epochs = [],
            StopReason = "", SecondsTraining = 0, PeakResidentBytes = 0, Versions = "",
        };
        return known with
        {
            Dataset = data.Name, DatasetKind = data.Kind, TestRows = rows, Command = options.Command, Versions = BdiaRuntime.Describe(),
            Figures = evaluation.Figures.ToDictionary(figure => figure.Name, figure => figure.Value),
        };
    }
}
