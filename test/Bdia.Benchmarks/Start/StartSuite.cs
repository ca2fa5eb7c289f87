using System.CommandLine;
using Bdia.Benchmarks.Plots;
using Bdia.Samples.Common.Options;

namespace Bdia.Benchmarks.Start;

/// <summary>
/// What the image trainer reaches with no option given, in short runs on sets of all kinds, beside a linear model and its former defaults.
/// </summary>
internal static class StartSuite
{
    private const double Mebibyte = 1 << 20;

    public static Contender<StartSettings, StartFigures> Contender { get; } = new("start-contender", StartContender.Run);

    public static Command Command()
    {
        var data = SuiteOptions.Several("--data",
            $"Folders as the image sample's --data takes them, and '{StartContender.Shapes}' for the pictures that it draws.",
            StartContender.Shapes);
        var rows = SuiteOptions.Several("--rows", "Training rows, the classes in turn; 0 for all.", 6000);
        var epochs = SuiteOptions.Several("--epochs", "Passes over them; 0 for those of a recipe.", 6);
        var methods = SuiteOptions.Several("--methods", "Contenders.",
            StartMethod.Linear, StartMethod.Former, StartMethod.Defaults);
        var seeds = SuiteOptions.Several("--seeds", "Seeds.", 1);
        var testRows = new Option<int>("--test-rows") { Description = "Rows that are scored once, when training has ended; 0 for all.",
            DefaultValueFactory = _ => 2000 };
        var bfloat16 = new Option<bool>("--bfloat16") { Description = "Take matrix products in bfloat16." };
        var minutes = new Option<double>("--minutes") { Description = "Time that training may take; 0 for no limit." };
        var gamma = SharedOptions.Gamma();
        var checkpoints = new Option<string?>("--checkpoints") { Description = "Folder for checkpoints, from which runs go on." };
        var command = new Command("start",
            "Accuracy of short runs of the image trainer without options, beside a linear model and its former defaults.") { data,
            rows, epochs, methods, seeds, testRows, bfloat16, minutes, gamma, checkpoints };
        var suite = new SuiteOptions(repetitions: 1);
        suite.AddTo(command);
        var plots = new PlotOption(command);
        command.SetAction(async parse =>
        {
            var contenders = (from folder in parse.GetValue(data)!
                              from count in parse.GetValue(rows)!
                              from passes in parse.GetValue(epochs)!
                              from seed in parse.GetValue(seeds)!
                              from method in parse.GetValue(methods)!
                              select new StartSettings(method, folder, count, passes, parse.GetValue(testRows),
                                  seed, parse.GetValue(bfloat16))
                              {
                                  Minutes = parse.GetValue(minutes), Gamma = parse.GetValue(gamma),
                                  Checkpoints = parse.GetValue(checkpoints),
                              }).ToArray();
            var results = suite.Open(parse);
            await Contender.RunAllAsync(contenders, parse.GetValue(suite.Repetitions), results);
            Print(results);
            if (plots.Folder(parse) is { } folderOfPlots) Draw(results, Path.Combine(folderOfPlots, "start.png"));
        });
        return command;
    }

    /// <summary>Accuracy of the held-back rows over the minutes of training, of every run that has them.</summary>
    private static void Draw(ResultFile results, string file)
        => MinutesPlot.Save(file, "held-back rows right, %", held => 100 * held.Accuracy!.Value,
            from row in results.All<StartSettings, StartFigures>(ResultFile.Rows)
            let history = row.Runs[0].History
            where history is not null
            select (row.Settings.Name(), $"{row.Settings.Method}, {history.Count} epochs", history));

    private static void Print(ResultFile results)
    {
        Console.WriteLine($"One thread. {Machine.Describe()}");
        Console.WriteLine();
        var table = new MarkdownTable("data", "rows", "epochs", "learner", "γ", "test accuracy, %", "log-loss",
            "training accuracy, last epoch, %", "steps", "s", "peak MiB", "chosen") { TextColumns = 1 };
        foreach (var (settings, runs) in results.All<StartSettings,
            StartFigures>(ResultFile.Rows)
            .OrderBy(row => (row.Settings.Name(), row.Settings.Rows, row.Settings.Epochs, row.Settings.Seed, row.Settings.Method)))
        {
            var run = runs[0];
            table.Add(
                settings.Name(), settings.Rows == 0 ? "all" : $"{settings.Rows}", settings.Method == StartMethod.Linear
                    ? "" : $"{settings.Epochs}", $"{settings.Method}", $"{settings.Gamma}", $"{100 * run.Accuracy:F2}", $"{run.LogLoss:F3}",
                run.Steps == 0 ? "" : $"{100 * run.TrainingAccuracy:F1}", run.Steps == 0 ? ""
                    : $"{run.Steps}", $"{run.Seconds:F0}", $"{run.PeakBytes / Mebibyte:F0}", Chosen(run));
        }

        Console.WriteLine(table);
    }

    // The figures stand in the first sentence of each line of the log; the whole of it is in the JSON.
    private static string Chosen(StartFigures run)
        => string.Join("; ", run.Chosen.Select(line => line[(line.IndexOf(']') + 1)..].Trim().Split(';', ':')[0]));
}
