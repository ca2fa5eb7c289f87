using System.CommandLine;
using Bdia.Data;
using Bdia.Data.Files;
using Bdia.Data.Tables;
using Bdia.Data.Texts;
using Bdia.Reports.Inspecting;
using Bdia.Tool.Training;
using Microsoft.ML;
using static Bdia.Tool.CommandLine.OptionKinds;

namespace Bdia.Tool.CommandLine;

/// <summary><c>bdia inspect</c>: looks before anything is trained.</summary>
internal static class InspectCommand
{
    private static readonly TimeSpan PaceBudget = TimeSpan.FromSeconds(200); // of which an eighth is spent at most

    public static Command Create(Invocation invocation)
    {
        var dataset = new Argument<string>("DATASET") { Description = "Whatever a training command takes as --dataset." };
        var (label, image, text) = (Text("--label-col", "COLUMN", "Column of classes."), Text("--image-col", "COLUMN",
            "Column of pictures."),
            Text("--text-col", "COLUMN", "Column of texts."));
        var (source, target) = (Text("--source", "COLUMN|ENDING", "What is read."), Text("--target", "COLUMN|ENDING", "What is written."));
        var header = new Option<bool>("--has-header") { Description = "Whether a table has names.", DefaultValueFactory = _ => true };
        var validation = Text("--validation-dataset", "PATH", "Rows to validate on, looked at for those that are trained on as well.");
        var test = Text("--test-dataset", "PATH", "Rows to test on, looked at for those that are trained on as well.");
        var noPace = Switch("--no-pace", "Do not train on some rows to tell the time of an epoch.");
        var command = new Command("inspect", "Tells what is in a data set, what is wrong with it, and what training on it would take.")
        {
            dataset, label, image, text, source, target, header, validation, test, noPace,
        };
        invocation.Act(command, result =>
        {
            var options = new TrainOptions
            {
                Dataset = result.GetValue(dataset)!, LabelColumn = result.GetValue(label), ImageColumn = result.GetValue(image),
                TextColumn = result.GetValue(text), Source = result.GetValue(source), Target = result.GetValue(target),
                HasHeader = result.GetValue(header), ValidationDataset = result.GetValue(validation),
                TestDataset = result.GetValue(test), Name = "Inspected", Output = "", Command = invocation.Line,
            };
            var task = TaskOf(options);
            Run(task, options with { Precision = PrecisionChoice.Auto.Here(task) }, invocation, !result.GetValue(noPace));
            return ExitCode.Success;
        });
        return command;
    }

    /// <summary>What may be learnt from a data set, by what is in it and which columns are named.</summary>
    public static TrainingTask TaskOf(TrainOptions options)
    {
        if (options.Source is not null || options.Target is not null) return new TranslationTask();
        var path = options.Dataset;
        if (Directory.Exists(path))
            return Directory.EnumerateDirectories(path).Any(folder => Directory.EnumerateFiles(folder, "*.txt").Any())
                ? new TextTask() : new PictureTask();
        if (!File.Exists(path)) throw new InputException($"There is no folder or file {path}. Check the path.");
        if (!Table.Accepts(path)) return new PictureTask(); // one file of CIFAR, or nothing that is known
        if (options.ImageColumn is not null) return new PictureTask();
        if (DataFile.PlainName(path).EndsWith(".txt", StringComparison.OrdinalIgnoreCase) && options.TextColumn is null
            && options.LabelColumn is null) return new GenerationTask();
        var table = Table.Open(path, options.HasHeader);
        var (text, label) = (options.TextColumn ?? table.Find(LabelledTextSet.TextNames),
            options.LabelColumn ?? table.Find(LabelledTextSet.LabelNames));
        return text is null ? new PictureTask() : label is null ? new GenerationTask() : new TextTask();
    }

    private static void Run(TrainingTask task, TrainOptions options, Invocation invocation, bool pace)
    {
        var (console, mlContext) = (invocation.Console, new MLContext(options.Seed));
        var data = task.Load(options.Dataset, options);
        if (options.ValidationDataset is { } validation) data = data with { Validation = task.Load(validation, options).Train };
        if (options.TestDataset is { } tests) data = data with { Test = task.Load(tests, options).Train };
        var inspection = Inspection.Of(data, data.Test ?? [], decode: true);
        console.Output.WriteLine($"{"For",-18} bdia {task.Name}");
        foreach (var (name, value) in inspection.Facts) console.Output.WriteLine($"{name,-18} {value}");
        if (inspection.Classes.Count > 0)
        {
            console.Output.WriteLine($"{"Classes",-18} {inspection.Classes.Count}");
            foreach (var (name, train, test) in inspection.Classes)
                console.Output.WriteLine($"  {name,-24} {train,8:N0}{(test > 0 ? $" + {test:N0} to test on" : "")}");
        }

        foreach (var warning in inspection.Warnings) console.Output.WriteLine($"{"Mind",-18} {warning}");
        try
        {
            if (task.Estimate(mlContext, data, options) is { } memory) console.Output.WriteLine($"{"Memory",-18} {memory}");
            if (!pace) return;
            var measured = Pace.Measure(task, data, options, PaceBudget, invocation.Stop);
            var perEpoch = data.Train.Count / Math.Max(1e-9, measured.RowsPerSecond);
            console.Output.WriteLine($"{"Time",-18} about {perEpoch:f1} s for an epoch here ({measured.ItemsPerSecond:f0} {task.Unit}/s)");
        }
        catch (Exception fault) when (fault is InvalidDataException or TimeoutException)
        {
            console.Output.WriteLine($"{"Memory and time",-18} cannot be told: {fault.Message}");
        }
    }
}
