using System.CommandLine;
using Bdia.Benchmarks.Plots;
using Bdia.Core.Training;

namespace Bdia.Benchmarks.TranslationQuality;

/// <summary>
/// Whether the random weight pays for itself in translation: the same encoder-decoder on the same few sentences, with different things that
/// regularise it.
/// </summary>
internal static class SentenceSuite
{
    public static Contender<SentenceSettings, SentenceFigures> Contender { get; } = new("sentences-contender", SentenceContender.Run);

    public static Command Command()
    {
        var data = new Option<string>("--data")
        {
            Description = "Folder of line-aligned files, train, val and test; or a table or archive of pairs.", Required = true,
        };
        var source = new Option<string>("--source") { Description = "Language that is read.", DefaultValueFactory = _ => "en" };
        var target = new Option<string>("--target") { Description = "Language that is written.", DefaultValueFactory = _ => "fr" };
        var methods = SuiteOptions.Several("--methods", "What regularises.", Enum.GetValues<SentenceMethod>());
        var rows = new Option<int>("--rows") { Description = "Training rows; 0 for all.", DefaultValueFactory = _ => 5000 };
        var epochs = new Option<int>("--epochs")
        {
            Description = "Passes over them; 0 for those of a recipe.", DefaultValueFactory = _ => 40,
        };
        var optimizers = SuiteOptions.Several("--optimizers", "What takes the steps.", OptimizerKind.AdamW);
        var rate = new Option<double?>("--learning-rate") { Description = "Peak; the trainer's choice if it is left out." };
        var minutes = new Option<double>("--minutes") { Description = "Time that training may take; 0 for no limit." };
        var bestBy = new Option<ModelSelection?>("--best-by") { Description = "What chooses the epoch; the trainer's choice if left out." };
        var seeds = SuiteOptions.Several("--seeds", "Seeds.", 1, 2, 3);
        var checkpoints = new Option<string>("--checkpoints")
        {
            Description = "Folder of runs that are under way.", DefaultValueFactory = _ => Path.Combine("artifacts", "sentences"),
        };
        var command = new Command("sentences", "BLEU and loss of what regularises a translator on few sentences.")
        {
            data, source, target, methods, rows, epochs, optimizers, rate, minutes, bestBy, seeds, checkpoints,
        };
        var suite = new SuiteOptions(repetitions: 1);
        suite.AddTo(command);
        var plots = new PlotOption(command);
        command.SetAction(async parse =>
        {
            SentenceSettings[] contenders =
            [
                .. from seed in parse.GetValue(seeds)!
                   from optimizer in parse.GetValue(optimizers)!
                   from method in parse.GetValue(methods)!
                   select new SentenceSettings(parse.GetValue(data)!, parse.GetValue(source)!, parse.GetValue(target)!, method,
                       parse.GetValue(rows), parse.GetValue(epochs), seed, optimizer, parse.GetValue(rate), parse.GetValue(checkpoints)!)
                   {
                       Minutes = parse.GetValue(minutes), BestBy = parse.GetValue(bestBy),
                   },
            ];
            var results = suite.Open(parse);
            await Contender.RunAllAsync(contenders, 1, results);
            Print(results);
            if (plots.Folder(parse) is { } folder) Draw(results, Path.Combine(folder, "sentences.png"));
        });
        return command;
    }

    /// <summary>Validation tokens told right over the minutes of training, of runs on all rows. Those on few rows are compared by epochs:
    /// they were taken on days when the machine had other work.</summary>
    private static void Draw(ResultFile results, string file)
        => MinutesPlot.Save(file, "validation tokens told right, %", held => 100 * held.Accuracy!.Value,
            from row in results.All<SentenceSettings, SentenceFigures>(ResultFile.Rows)
            where row.Settings.Rows == 0
            select ($"{row.Settings.Source} to {row.Settings.Target}, all rows", $"{row.Settings.Method}, seed {row.Settings.Seed}",
                row.Runs[0].History));

    private static void Print(ResultFile results)
    {
        var table = new MarkdownTable("rows", "epochs", "optimizer", "method", "seed", "epoch", "test BLEU", "lower-cased, elisions cut",
            "chrF", "least validation loss (epoch)", "last", "training loss at the end", "s");
        foreach (var (settings, runs) in results.All<SentenceSettings, SentenceFigures>(ResultFile.Rows)
            .OrderBy(row => (row.Settings.Rows, row.Settings.Epochs, row.Settings.Optimizer, row.Settings.Method, row.Settings.Seed)))
        {
            var (run, validated) = (runs[0], runs[0].History.Where(epoch => epoch.Validation is not null).ToArray());
            var least = validated.MinBy(epoch => epoch.Validation!.Loss)!;
            table.Add(settings.Rows == 0 ? "all" : $"{settings.Rows}", $"{settings.Epochs}", $"{settings.Optimizer}", $"{settings.Method}",
                $"{settings.Seed}", run.BestEpoch is { } best ? $"{best} by {settings.BestBy?.ToString() ?? "default"}" : "averaged",
                $"{run.Bleu:F1}", run.LowerCasedBleu > 0 ? $"{run.LowerCasedBleu:F1}" : "", $"{run.Chrf:F1}",
                $"{least.Validation!.Loss:F3} ({least.Epoch})",
                $"{validated[^1].Validation!.Loss:F3}", $"{run.History[^1].TrainingLoss:F3}", $"{run.Seconds:F0}");
        }

        Console.WriteLine(table);
    }
}
