using System.CommandLine;
using static System.FormattableString;

namespace Bdia.Benchmarks.Language;

/// <summary>
/// The paper's experiment on little text: a language model that learns its text by heart, and what BDIA and dropout do against it.
/// Validation loss behind every epoch.
/// </summary>
internal static class LanguageSuite
{
    public static Contender<LanguageSettings, LanguageFigures> Contender { get; } = new("language-contender", LanguageContender.Measure);

    public static Command Command()
    {
        var data = new Option<string>("--data") { Description = "A text file, such as tiny-shakespeare's input.txt.", Required = true };
        var methods = SuiteOptions.Several("--methods", "What is trained, one or more.", Enum.GetValues<LanguageMethod>());
        var seeds = SuiteOptions.Several("--seeds", "Seeds, one or more.", 1, 2, 3);
        var characters = Number("--characters", "Characters to learn from.", 100_000);
        var held = Number("--held-out", "Characters to validate on, behind those.", 50_000);
        var (width, depth, heads) = (Number("--width", "Features per token.", 96), Number("--depth", "Blocks.", 6),
            Number("--heads", "Attention heads.", 4));
        var (window, batch, epochs) = (Number("--window", "Characters that are read at once.", 64),
            Number("--tokens", "Characters of a step.", 1024), Number("--epochs", "Passes over the text.", 20));
        var rate = new Option<double>("--learning-rate") { Description = "Learning rate.", DefaultValueFactory = _ => 0.001 };
        var command = new Command("language", "Validation loss of language models on little text: plain, with dropout, and BDIA.")
        {
            data, methods, seeds, characters, held, width, depth, heads, window, batch, epochs, rate,
        };
        var suite = new SuiteOptions(repetitions: 1);
        suite.AddTo(command);
        command.SetAction(async parse =>
        {
            LanguageSettings[] contenders = [.. parse.GetValue(seeds)!.SelectMany(seed => parse.GetValue(methods)!.Select(method =>
                new LanguageSettings(method, seed, parse.GetValue(data)!, parse.GetValue(characters), parse.GetValue(held),
                    parse.GetValue(width), parse.GetValue(depth), parse.GetValue(heads), parse.GetValue(window), parse.GetValue(batch),
                    parse.GetValue(epochs), parse.GetValue(rate))))];
            var results = suite.Open(parse);
            await Contender.RunAllAsync(contenders, parse.GetValue(suite.Repetitions), results);
            Console.WriteLine(Table(results));
        });
        return command;

        static Option<int> Number(string name, string description, int value)
            => new(name) { Description = description, DefaultValueFactory = _ => value };
    }

    private static MarkdownTable Table(ResultFile results)
    {
        var table = new MarkdownTable("method", "runs", "least validation loss, mean", "of each seed", "at epoch", "last validation loss",
            "last training loss", "s");
        foreach (var group in results.All<LanguageSettings, LanguageFigures>(ResultFile.Rows).GroupBy(row => row.Settings.Method))
        {
            LanguageFigures[] runs = [.. group.OrderBy(row => row.Settings.Seed).SelectMany(row => row.Runs)];
            table.Add($"{group.Key}", $"{runs.Length}", Invariant($"{runs.Average(run => run.Least):F3}"),
                string.Join(", ", runs.Select(run => Invariant($"{run.Least:F3}"))), string.Join(", ", runs.Select(run => $"{run.Best}")),
                Invariant($"{runs.Average(run => run.Validation[^1]):F3}"), Invariant($"{runs.Average(run => run.Training[^1]):F3}"),
                Invariant($"{runs.Average(run => run.Seconds):F0}"));
        }

        return table;
    }
}
