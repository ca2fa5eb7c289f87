using System.CommandLine;
using System.Globalization;
using Bdia.Data;
using Bdia.Reports.Rows;
using Bdia.Tool.Models;
using Bdia.Tool.Training;
using Microsoft.ML;

namespace Bdia.Tool.CommandLine;

/// <summary><c>bdia predict</c>: what a model makes of some files or lines. A line for each, with tabs.</summary>
internal static class PredictCommand
{
    public static Command Create(Invocation invocation)
    {
        var model = new Argument<string>("MODEL") { Description = "A model file." };
        var inputs = new Argument<string[]>("INPUTS")
        {
            Arity = ArgumentArity.OneOrMore,
            Description = "Picture files, or texts; - reads a path or a text from each line of the standard input.",
        };
        var top = OptionKinds.Count("--top", "Classes that are told of each. [default: 1]");
        var command = new Command("predict", "Tells what a model makes of pictures or texts: input, answer and score, with tabs between.")
        {
            model, inputs, top,
        };
        invocation.Act(command, result =>
        {
            using var loaded = SavedModel.Load(new MLContext(1), result.GetValue(model)!);
            // A name of a file is a text as well, and its class says nothing of what is in it.
            if (loaded.Task is not PictureTask && result.GetValue(inputs)!.FirstOrDefault(File.Exists) is { } file)
                throw new ToolException(ExitCode.Model, $"{loaded.Path} is a {loaded.Task.Title}, and {file} is a file. Give the texts "
                    + $"themselves, or a file's lines on the standard input: bdia predict {loaded.Path} - < FILE");
            return Run(loaded, Lines(invocation.Console, result.GetValue(inputs)!), result.GetValue(top) ?? 1, invocation.Console);
        });
        return command;
    }

    private static IEnumerable<string> Lines(ToolConsole console, string[] inputs)
    {
        foreach (var input in inputs)
        {
            if (input != "-") yield return input;
            else
                while (console.Input.ReadLine() is { } line) yield return line;
        }
    }

    private static int Run(SavedModel model, IEnumerable<string> inputs, int top, ToolConsole console)
    {
        var (mlContext, bad, all) = (new MLContext(1), 0, 0);
        var classes = model.Task.Classes(mlContext, model.Model);
        var names = new Queue<string>();
        foreach (var prediction in model.Task.Predict(mlContext, model.Model, inputs.Select(Row)))
        {
            var name = names.Dequeue();
            all++;
            if (prediction.Fault is { } fault)
            {
                bad++;
                console.Note($"{name}: {fault}");
                console.Output.WriteLine($"{Flat(name)}\t\t");
            }
            else
            {
                console.Output.WriteLine($"{Flat(name)}\t{string.Join('\t', Answers(prediction, classes, top))}");
            }
        }

        if (bad > 0) console.Note($"{bad:N0} input(s) could not be used.");
        return all > 0 && bad == all ? ExitCode.Data : ExitCode.Success;

        DataRow Row(string input)
        {
            names.Enqueue(input);
            if (model.Task is not PictureTask) return new(input, input, "");
            return new(input, "", "", () => File.Exists(input) ? File.ReadAllBytes(input)
                : throw new InputException($"There is no file {input}. Check the path."));
        }
    }

    private static IEnumerable<string> Answers(Prediction prediction, IReadOnlyList<string> classes, int top)
        => prediction.Scores is not { } scores ? [Flat(prediction.Text), Number(prediction.Score)]
            : Enumerable.Range(0, scores.Length).OrderByDescending(i => scores[i]).Take(top)
                .Select(i => $"{Flat(classes[i])}\t{Number(scores[i])}");

    private static string Number(float value) => value.ToString("f4", CultureInfo.InvariantCulture);

    private static string Flat(string text) => text.ReplaceLineEndings(" ").Replace('\t', ' ');
}
