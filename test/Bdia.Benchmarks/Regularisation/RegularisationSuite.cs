using System.CommandLine;
using Bdia.Benchmarks.Plots;

namespace Bdia.Benchmarks.Regularisation;

/// <summary>
/// Whether the random weight pays for itself: accuracy of the same network on the same pictures, with different things that regularise it.
/// </summary>
internal static class RegularisationSuite
{
    public static Contender<RegularisationSettings, RegularisationFigures> Contender { get; } =
        new("regularisation-contender", RegularisationContender.Run);

    public static Command Command()
    {
        var data = new Option<string>("--data") { Description = "Folder of CIFAR files.", Required = true };
        var methods = SuiteOptions.Several("--methods", "What regularises.", Enum.GetValues<RegularisationMethod>());
        var rows = new Option<int>("--rows") { Description = "Training rows.", DefaultValueFactory = _ => 2500 };
        var heldBack = new Option<int>("--held-back") { Description = "Rows that choose the epoch.", DefaultValueFactory = _ => 2000 };
        var testRows = new Option<int>("--test-rows") { Description = "Test rows.", DefaultValueFactory = _ => 10_000 };
        var epochs = new Option<int>("--epochs") { Description = "Passes over the training rows.", DefaultValueFactory = _ => 120 };
        var rate = new Option<double?>("--learning-rate") { Description = "Peak; the library's choice if it is left out." };
        var grids = SuiteOptions.Several("--fraction-bits", "l of the grid.", 9);
        var seeds = SuiteOptions.Several("--seeds", "Seeds.", 1, 2, 3);
        var checkpoints = new Option<string>("--checkpoints")
        {
            Description = "Folder of runs that are under way.", DefaultValueFactory = _ => Path.Combine("artifacts", "regularisation"),
        };
        var command = new Command("regularisation", "Accuracy, log-loss and calibration of what regularises a network on few pictures.")
        {
            data, methods, rows, heldBack, testRows, epochs, rate, grids, seeds, checkpoints,
        };
        var suite = new SuiteOptions(repetitions: 1);
        suite.AddTo(command);
        var plots = new PlotOption(command);
        command.SetAction(async parse =>
        {
            RegularisationSettings[] contenders =
            [
                .. from seed in parse.GetValue(seeds)!
                   from bits in parse.GetValue(grids)!
                   from method in parse.GetValue(methods)!
                   select new RegularisationSettings(parse.GetValue(data)!, method, parse.GetValue(rows), parse.GetValue(heldBack),
                       parse.GetValue(testRows), parse.GetValue(epochs), parse.GetValue(rate), bits, seed, parse.GetValue(checkpoints)!),
            ];
            var results = suite.Open(parse);
            await Contender.RunAllAsync(contenders, 1, results);
            var runs = results.All<RegularisationSettings, RegularisationFigures>(ResultFile.Rows)
                .SelectMany(row => row.Runs.Select(run => (row.Settings, run))).ToArray();
            Print(runs);
            if (plots.Folder(parse) is { } folder) RegularisationPlot.Save(folder, runs);
        });
        return command;
    }

    private static void Print((RegularisationSettings Settings, RegularisationFigures Figures)[] runs)
    {
        var table = new MarkdownTable("rows", "epochs", "method", "l", "seed", "test accuracy, best epoch (number), %", "last epoch, %",
            "test log-loss, best and last", "calibration error, best and last, %",
            "eight draws of γ together: accuracy, log-loss, calibration error", "least held-back loss (epoch)",
            "training accuracy at the end, %", "s");
        foreach (var (settings, f) in runs)
        {
            var least = f.History.Where(epoch => epoch.Validation is not null).MinBy(epoch => epoch.Validation!.Loss)!;
            table.Add($"{settings.Rows}", $"{settings.Epochs}", $"{settings.Method}", $"{settings.FractionBits}", $"{settings.Seed}",
                $"{100 * f.Best.Accuracy:F1} ({f.BestEpoch})", $"{100 * f.Last.Accuracy:F1}", $"{f.Best.LogLoss:F3}, {f.Last.LogLoss:F3}",
                $"{100 * f.Best.CalibrationError:F1}, {100 * f.Last.CalibrationError:F1}",
                f.Together is { } t ? $"{100 * t.Accuracy:F1}, {t.LogLoss:F3}, {100 * t.CalibrationError:F1}" : "",
                $"{least.Validation!.Loss:F3} ({least.Epoch})",
                $"{100 * f.History[^1].TrainingAccuracy:F1}", $"{f.Seconds:F0}");
        }

        Console.WriteLine(table);
    }
}
