using System.Text.Json;
using Bdia.Tool.CommandLine;
using Bdia.Tool.Tests.Support;
using Microsoft.ML;

namespace Bdia.Tool.Tests.Commands;

[Collection(nameof(ModelTests))]
public sealed class TrainingTests(Trained trained) : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Pictures_become_a_model_with_its_figures_and_a_report()
    {
        var model = trained.Pictures();
        var said = trained.Said("Colours");

        Assert.Contains("3 classes", said.Output, StringComparison.Ordinal);
        Assert.Contains("epoch   6/6", said.Output, StringComparison.Ordinal);
        var facts = JsonDocument.Parse(File.ReadAllText(Path.ChangeExtension(model, ".json"))).RootElement;
        Assert.True(facts.GetProperty("figures").GetProperty("Accuracy").GetDouble() > 0.6);
        Assert.Equal(6, facts.GetProperty("epochs").GetArrayLength());
        Assert.True(File.Exists(trained.Folder.At("Colours/Colours.report.html")));
        // What the tool adds does not keep ML.NET from loading it.
        using var loaded = (IDisposable)new MLContext().Model.Load(model, out var schema);
        Assert.Equal(["ImageSource", "Label"], schema.Select(column => column.Name));
    }

    [Fact]
    public void Every_task_trains_tells_of_itself_and_scores_a_line()
    {
        var lines = Command.Fed("late is my parcel 3\n", ["predict", trained.Texts(), "-", "--top", "2"],
            TestContext.Current.CancellationToken).Succeeded().Lines;
        Assert.Equal(5, Assert.Single(lines).Split('\t').Length);
        Assert.Contains("delivery", lines[0], StringComparison.Ordinal);
        Assert.Single(Command.Run("predict", trained.Translator(), "one two 3").Succeeded().Lines);
        Assert.Single(Command.Run("predict", trained.Writer(), "To be").Succeeded().Lines);
        foreach (var (model, says) in new[] { (trained.Texts(), "Classes            2: bill, delivery"),
            (trained.Translator(), "BLEU"), (trained.Writer(), "Perplexity"), (trained.Pictures(), "vision transformer") })
            Assert.Contains(says, Command.Run("info", model).Succeeded().Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_is_stopped_keeps_its_model_and_is_gone_on_with()
    {
        using var stop = new CancellationTokenSource();
        // The first line of an epoch is the sign to stop.
        var output = new StopAt("epoch ", stop);
        string[] arguments = ["image-classification", "--dataset", Pictures.Folder(folder), "--epochs", "40", "--name", "Stopped",
            "--output", folder.At("out"), "--no-code", "--no-report"];
        using var console = new ToolConsole(TextReader.Null, output, output, isTerminal: false);
        var code = BdiaCommand.Run(arguments, console, stop.Token);

        Assert.Equal(0, code);
        Assert.Contains("training ended early (Cancelled)", output.ToString(), StringComparison.Ordinal);
        Command.Run("info", folder.At("out/Stopped.zip")).Succeeded();

        arguments[Array.IndexOf(arguments, "40")] = "3";
        var resumed = Command.Run([.. arguments, "--resume"]).Succeeded();
        Assert.DoesNotContain("epoch   1/3", resumed.Output, StringComparison.Ordinal);
        Assert.Contains("epoch   3/3", resumed.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_is_stopped_before_its_first_step_has_a_code_of_its_own()
        => Command.Fed("", ["image-classification", "--dataset", Pictures.Folder(folder), "--output", folder.At("out"), "--no-code"],
            new CancellationToken(canceled: true)).Failed(ExitCode.Cancelled, "");

    [Fact]
    public void A_time_is_kept_by_choosing_epochs()
    {
        var result = Command.Run("image-classification", "--dataset", Pictures.Folder(folder, each: 8), "--train-time", "4", "--name",
            "Quick",
            "--output", folder.At("out"), "--no-code", "--no-report").Succeeded();
        Assert.Contains("epochs suit 4 seconds", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_time_is_kept_by_a_recipe_whose_steps_are_large()
    {
        trained.Translator();
        var result = Command.Run("translation", "--dataset", trained.Pairs, "--source", "en", "--target", "fr", "--recipe", "best",
            "--train-time", "8", "--name", "Quick", "--output", folder.At("out"), "--no-report").Succeeded();
        Assert.Contains("epochs suit 8 seconds", result.Output, StringComparison.Ordinal);
        Assert.Contains("Options(Recipe.Best)", File.ReadAllText(folder.At("out/Quick.Model/Quick.training.cs")),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text-classification", "--label-col", "topic", "--text-col", "message")]
    [InlineData("text-generation")]
    public void Texts_have_recipes_as_pictures_do(string task, params string[] columns)
    {
        var data = task == "text-generation" ? (trained.Writer(), trained.Book).Item2 : (trained.Texts(), trained.Messages).Item2;
        Command.Run([task, "--dataset", data, .. columns, "--recipe", "balanced", "--epochs", "1", "--name", "Made", "--output",
            folder.At("out"), "--no-report"]).Succeeded();
        Assert.Contains("Options(Recipe.Balanced)", File.ReadAllText(folder.At("out/Made.Model/Made.training.cs")),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_log_has_what_is_said_and_what_is_not()
    {
        var rows = Enumerable.Range(0, 20).Select(i => $"word {i},{(i % 2 == 0 ? "even" : "odd")}\n");
        string[] arguments = ["text-classification", "--dataset", folder.Write("t.csv", "text,label\n" + string.Concat(rows)), "--epochs",
            "1", "--output", folder.At("out"), "--no-code", "--no-report", "-v", "q", "--log-file-path"];

        Assert.Equal("", Command.Run([.. arguments, folder.At("logs/run.log")]).Succeeded().Output);

        var log = File.ReadAllText(folder.At("logs/run.log"));
        Assert.Contains("2 classes", log, StringComparison.Ordinal);
        Assert.Contains("Epoch 1/1: training loss", log, StringComparison.Ordinal); // of the trainer, which is said with -v d alone
        Command.Run([.. arguments, Path.Combine(folder.Write("file", ""), "run.log")]).Failed(ExitCode.Output, "--log-file-path");
    }

    [Fact]
    public void Options_come_from_a_file_and_the_command_line_has_the_last_word()
    {
        var file = folder.Write("options.json", $$"""
            { "dataset": {{JsonSerializer.Serialize(Pictures.Folder(folder, each: 6))}}, "epochs": 7, "name": "FromFile", "no-report": true,
              "no-code": true, "memory": "2GB", "recipe": "Fast", "verbosity": "q", }
            """);

        var result = Command.Run("image-classification", "--options", file, "--output", folder.At("out"), "--epochs", "1").Succeeded();

        Assert.Equal(("", ""), (result.Output, result.Error));
        var facts = JsonDocument.Parse(File.ReadAllText(folder.At("out/FromFile.json"))).RootElement;
        Assert.Equal(1, facts.GetProperty("epochs").GetArrayLength());
        Assert.Equal("Fast", facts.GetProperty("options").GetProperty("Recipe").GetString());
        Assert.Equal("2147483648", facts.GetProperty("options").GetProperty("Memory").GetString());
    }

    [Fact]
    public void What_is_wrong_with_the_command_line_is_told()
    {
        Command.Run("image-classification").Failed(ExitCode.CommandLine, "--dataset");
        Command.Run("image-classification", "--dataset", "x", "--epochs", "many").Failed(ExitCode.CommandLine,
            "--epochs is many; give a whole");
        Command.Run("image-classification", "--dataset", "x", "--memory", "much").Failed(ExitCode.CommandLine, "such as 2GB");
        Command.Run("image-classification", "--dataset", "x", "--recipe", "B").Failed(ExitCode.CommandLine,
            "--recipe is B; give one of Fast, Balanced, Best");
        Command.Run("image-classification", "--dataset", "x", "--name", "a b").Failed(ExitCode.CommandLine, "Begin with a letter");
        Command.Run("image-classification", "--dataset", "x", "--nothing").Failed(ExitCode.CommandLine, "--nothing");
        Command.Run("image-classification", "--options", folder.At("no.json")).Failed(ExitCode.CommandLine, "cannot be read");
        Command.Run("image-classification", "--options", folder.Write("a.json", "[1]")).Failed(ExitCode.CommandLine, "Give an object");
        Command.Run("image-classification", "--dataset", Pictures.Folder(folder, each: 2), "--output", folder.At("o"), "--preset", "Huge")
            .Failed(ExitCode.CommandLine, "--preset is Huge; give one of Compact");
        Command.Run("translation", "--dataset", "x", "--output", folder.At("o")).Failed(ExitCode.CommandLine, "--source and --target");
    }

    [Fact]
    public void Data_that_cannot_be_used_are_told()
    {
        string[] Train(string path, params string[] more)
            => ["image-classification", "--dataset", path, "--output", folder.At("out"), .. more];
        Directory.CreateDirectory(folder.At("empty/x")[..^2]);

        Command.Run(Train(folder.At("empty/x")[..^2])).Failed(ExitCode.Data, "holds no pictures");
        Command.Run(Train(Pictures.Folder(folder, "one", classes: 1))).Failed(ExitCode.Data, "1 class(es)");
        Command.Run(Train(folder.At("nothing"))).Failed(ExitCode.Data, "There is no folder or file");
        Command.Run(Train(folder.Write("t.tsv", "file\tkind\na.png\tb\n"), "--label-col", "class")).Failed(ExitCode.Data,
            "no column \"class\". It has \"file\", \"kind\"");
        Command.Run("text-classification", "--dataset", folder.Write("u.csv", "text,label\na,x\nb,x\n"), "--output", folder.At("out"))
            .Failed(ExitCode.Data, "1 class(es), \"x\"");
        Command.Run(Train(Pictures.Folder(folder), "--test-dataset", Pictures.Folder(folder, "other") is var other && Renamed(other)
            ? other : other)).Failed(ExitCode.Data, "which no training row has");

        static bool Renamed(string path)
        {
            Directory.Move(Path.Combine(path, "red"), Path.Combine(path, "blue"));
            return true;
        }
    }

    [Fact]
    public void An_output_that_cannot_be_written_is_told_before_anything_is_trained()
        => Command.Run("image-classification", "--dataset", Pictures.Folder(folder), "--output",
            Path.Combine(folder.Write("file", "text"), "out")).Failed(ExitCode.Output, "cannot be written to");

    private sealed class StopAt(string sign, CancellationTokenSource stop) : StringWriter
    {
        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            if (value!.Contains(sign, StringComparison.Ordinal)) stop.Cancel();
        }
    }
}
