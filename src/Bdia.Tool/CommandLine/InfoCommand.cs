using System.CommandLine;
using System.Globalization;
using Bdia.Reports.Inspecting;
using Bdia.Tool.Models;
using Microsoft.ML;

namespace Bdia.Tool.CommandLine;

/// <summary><c>bdia info</c>: what a model file holds.</summary>
internal static class InfoCommand
{
    public static Command Create(Invocation invocation)
    {
        var model = new Argument<string>("MODEL") { Description = "A model file." };
        var command = new Command("info", "Tells what a model file holds: network, classes, data, versions, figures.") { model };
        invocation.Act(command, result =>
        {
            var mlContext = new MLContext(1);
            using var loaded = SavedModel.Load(mlContext, result.GetValue(model)!);
            foreach (var (name, value) in Lines(mlContext, loaded)) invocation.Console.Output.WriteLine($"{name,-18} {value}");
            return ExitCode.Success;
        });
        return command;
    }

    private static IEnumerable<(string, string)> Lines(MLContext mlContext, SavedModel model)
    {
        yield return ("Model", $"{model.Path} ({new FileInfo(model.Path).Length / 1e6:f1} MB): a {model.Task.Title}");
        foreach (var fact in NetworkFacts.Of(model.Model)) yield return fact;
        var classes = model.Task.Classes(mlContext, model.Model);
        if (classes.Count > 0)
            yield return ("Classes", $"{classes.Count}: {string.Join(", ", classes.Take(50))}{(classes.Count > 50 ? ", ..." : "")}");
        if (model.Facts is not { } facts)
        {
            yield return ("Run", "not known: another program has saved this model");
            yield break;
        }

        yield return ("Data", $"{facts.Dataset} ({facts.DatasetKind}): {facts.TrainRows:N0} rows to train on, {facts.TestRows:N0} to "
            + "test on");
        yield return ("Command", facts.Command);
        yield return ("Training", $"{facts.Epochs.Count} epochs in {facts.SecondsTraining:f0} s ({facts.StopReason}), "
            + $"{facts.PeakResidentBytes / 1e6:f0} MB at most");
        foreach (var (name, value) in facts.Figures) yield return (name, value.ToString("g6", CultureInfo.InvariantCulture));
        yield return ("Versions", facts.Versions);
    }
}
