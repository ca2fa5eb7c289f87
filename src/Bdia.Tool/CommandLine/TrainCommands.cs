using System.CommandLine;
using System.Text.RegularExpressions;
using Bdia.MLNet;
using Bdia.Tool.Training;
using static Bdia.Tool.CommandLine.OptionKinds;

namespace Bdia.Tool.CommandLine;

/// <summary>The commands that train, with the options of the mlnet command line where it has them.</summary>
internal static partial class TrainCommands
{
    private static readonly Option<string?> Validation = Text("--validation-dataset", "PATH",
        "Rows that choose the best epoch. [default: a share of the training rows]");

    private static readonly Option<string?> Test = Text("--test-dataset", "PATH",
        "Rows that the figures are taken on. [default: the data set's own, or a fifth of every class]");

    private static readonly Option<bool> HasHeader = new("--has-header")
    {
        Description = "Whether a table's first line has the names of its columns. [default: true]", DefaultValueFactory = _ => true,
    };

    private static readonly Option<string?> Label = Text("--label-col", "COLUMN", "Column of classes: its name, or its number from 0 on.");
    private static readonly Option<string?> Image = Text("--image-col", "COLUMN", "Column of paths or of pictures.");
    private static readonly Option<string?> TextColumn = Text("--text-col", "COLUMN", "Column of texts.");
    private static readonly Option<string?> Source = Text("--source", "COLUMN|ENDING", "Column, or ending of files, of what is read.");
    private static readonly Option<string?> Target = Text("--target", "COLUMN|ENDING", "Column, or ending of files, of what is written.");
    private static readonly Option<int?> TrainTime = Count("--train-time", "Seconds to train for; the epochs are chosen to suit.");
    private static readonly Option<int?> Epochs = Count("--epochs", "Times that every row is trained on. [default: the trainer's]");
    private static readonly Option<string?> Preset = Text("--preset", "NAME",
        "Size of the network: Compact, Small, ... [default: Compact]");
    private static readonly Option<Recipe?> RecipeOption = Choice<Recipe>("--recipe",
        "Defaults by the time that there is: minutes, an hour, hours. --epochs and --train-time set the length otherwise. "
            + "[default: none]");
    private static readonly Option<int?> ImageSize = Count("--image-size",
        "Side of the pictures that the network sees, in pixels. [default: by the pictures, up to 64]", least: 8);

    private static readonly Option<PrecisionChoice> Precision = Choice("--precision", "Of matrix products: Auto takes BFloat16 for "
        + "pictures where the processor has fast ones, and Float32 elsewhere.", PrecisionChoice.Auto);

    private static readonly Option<long?> Memory = Size("--memory", "Memory that training may take: batches are cut to fit.");
    private static readonly Option<int?> Seed = Count("--seed", "Everything random derives from it. [default: 1]", least: 0);
    private static readonly Option<bool> Resume = Switch("--resume", "Go on from the newest checkpoint of a run that was stopped.");
    private static readonly Option<string?> Name = Text("--name", "NAME", "What the model and the projects are called.");
    private static readonly Option<string?> Output = Text("--output", "DIR", "Where everything goes. [default: a folder of that name]",
        "-o");
    private static readonly Option<string?> LogFile = Text("--log-file-path", "FILE", "Keep all that is said, and all that the trainer "
        + "logs, in a file.");
    private static readonly Option<bool> NoCode = Switch("--no-code", "Write no projects, only the model and the report.");
    private static readonly Option<bool> NoReport = Switch("--no-report", "Write no report.");

    public static IEnumerable<Command> All(Invocation invocation) =>
    [
        Create(invocation, new PictureTask(), "Trains a vision transformer to tell pictures apart.", "Pictures", Label, Image, ImageSize),
        Create(invocation, new TextTask(), "Trains a transformer to tell texts apart.", "Texts", Label, TextColumn),
        Create(invocation, new TranslationTask(), "Trains a transformer that turns a text into another.", "Translation", Source, Target),
        Create(invocation, new GenerationTask(), "Trains a transformer that goes on with texts.", "Writing", TextColumn),
    ];

    private static Command Create(Invocation invocation, TrainingTask task, string description, string name, params Option[] columns)
    {
        var dataset = new Option<string>("--dataset")
        {
            HelpName = "PATH", Description = task.Datasets, Required = true,
        };
        var command = new Command(task.Name, description) { dataset };
        foreach (var option in (Option[])[.. columns, HasHeader, Validation, Test, TrainTime, Epochs, Preset, RecipeOption, Precision,
            Memory, Seed, Resume, Name, Output, LogFile, NoCode, NoReport]) command.Options.Add(option);
        invocation.Act(command, result =>
        {
            if (result.GetValue(LogFile) is { } log) invocation.Console.LogTo(log);
            return new TrainingCommand(task, invocation).Run(Options(result, task, result.GetValue(dataset)!, name,
                invocation.Line));
        });
        return command;
    }

    private static TrainOptions Options(ParseResult result, TrainingTask task, string dataset, string otherwise, string command)
    {
        var name = result.GetValue(Name) ?? otherwise;
        if (!NamePattern().IsMatch(name))
            throw new ToolException(ExitCode.CommandLine, $"--name is {name}, which cannot be part of the names of projects and classes. "
                + "Begin with a letter, and go on with letters, digits or _.");
        // Options that a command does not have give their defaults.
        return new()
        {
            Dataset = dataset,
            ValidationDataset = result.GetValue(Validation),
            TestDataset = result.GetValue(Test),
            HasHeader = result.GetValue(HasHeader),
            LabelColumn = result.GetValue(Label),
            ImageColumn = result.GetValue(Image),
            TextColumn = result.GetValue(TextColumn),
            Source = result.GetValue(Source),
            Target = result.GetValue(Target),
            TrainTime = result.GetValue(TrainTime),
            Epochs = result.GetValue(Epochs),
            Preset = result.GetValue(Preset),
            Recipe = result.GetValue(RecipeOption),
            ImageSize = result.GetValue(ImageSize),
            Precision = result.GetValue(Precision).Here(task),
            Memory = result.GetValue(Memory),
            Seed = result.GetValue(Seed) ?? 1,
            Resume = result.GetValue(Resume),
            Name = name,
            Output = result.GetValue(Output) ?? name,
            Code = !result.GetValue(NoCode),
            Report = !result.GetValue(NoReport),
            Command = command,
        };
    }

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9_]*$")]
    private static partial Regex NamePattern();
}
