using System.CommandLine;
using Bdia.Core.Text;

namespace Bdia.Benchmarks.TextClassification;

/// <summary>What the text classification trainer reaches beside what ML.NET has for texts, on the same rows.</summary>
internal static class TextClassificationSuite
{
    private const double Mebibyte = 1 << 20;

    public static Contender<TextClassificationSettings, TextClassificationFigures> Contender { get; } =
        new("text-classification-contender", TextClassificationContender.Run);

    public static Command Command()
    {
        var data = SuiteOptions.Several("--data",
            $"Files or folders as the text sample's --data takes them, and '{TextClassificationContender.Matches}' for the texts that "
            + "it makes.", TextClassificationContender.Matches);
        var rows = SuiteOptions.Several("--rows", "Training rows, chosen by the seed; 0 for all.", 0);
        var methods = SuiteOptions.Several("--methods", "Contenders.", Enum.GetValues<TextMethod>());
        var seeds = SuiteOptions.Several("--seeds", "Seeds.", 1);
        var testRows = new Option<int>("--test-rows") { Description = "Rows that are scored once, when training has ended; 0 for all.",
            DefaultValueFactory = _ => 2000 };
        var epochs = new Option<int?>("--epochs") { Description = "Passes of the encoder." };
        var tokens = new Option<TokenLevel?>("--tokens") { Description = "What the encoder's tokens are." };
        var depth = new Option<int?>("--depth") { Description = "Its blocks." };
        var tokenDropout = new Option<double?>("--token-dropout") { Description = "Share of tokens that it leaves out in training." };
        var dropout = new Option<double?>("--dropout") { Description = "Share of numbers that it leaves out in training." };
        var learningRate = new Option<double?>("--learning-rate") { Description = "Peak of its learning rate." };
        var weightDecay = new Option<double?>("--weight-decay") { Description = "AdamW's weight decay." };
        var command = new Command("text-classification",
            "Accuracy of the text classification trainer beside FeaturizeText with SdcaMaximumEntropy and with LightGbm.")
        {
            data, rows, methods, seeds, testRows, epochs, tokens, depth, tokenDropout, dropout, learningRate, weightDecay,
        };
        var suite = new SuiteOptions(repetitions: 1);
        suite.AddTo(command);
        command.SetAction(async parse =>
        {
            var contenders = (from path in parse.GetValue(data)!
                              from count in parse.GetValue(rows)!
                              from seed in parse.GetValue(seeds)!
                              from method in parse.GetValue(methods)!
                              select Settings(method, path, count, seed)).ToArray();
            var results = suite.Open(parse);
            await Contender.RunAllAsync(contenders, parse.GetValue(suite.Repetitions), results);
            Print(results);

            TextClassificationSettings Settings(TextMethod method, string path, int count, int seed) => method >= TextMethod.Encoder
                ? new(method, path, count, parse.GetValue(testRows), seed, parse.GetValue(epochs), parse.GetValue(tokens),
                    parse.GetValue(depth), parse.GetValue(tokenDropout), parse.GetValue(dropout), parse.GetValue(learningRate),
                    parse.GetValue(weightDecay))
                : new(method, path, count, parse.GetValue(testRows), seed, null, null, null, null, null, null, null);
        });
        return command;
    }

    private static void Print(ResultFile results)
    {
        Console.WriteLine($"One thread. {Machine.Describe()}");
        Console.WriteLine();
        var table = new MarkdownTable("data", "classes", "rows", "learner", "seed", "test accuracy, %", "log-loss", "s", "peak MiB");
        foreach (var (settings, runs) in results.All<TextClassificationSettings, TextClassificationFigures>(ResultFile.Rows)
            .OrderBy(row => (row.Settings.Name(), row.Settings.Rows, row.Settings.Seed, row.Settings.Method)))
        {
            var run = runs[0];
            table.Add(settings.Name(), $"{run.Classes}", $"{run.TrainRows}", Learner(settings), $"{settings.Seed}",
                $"{100 * run.Accuracy:F2}", $"{run.LogLoss:F3}", $"{run.Seconds:F0}", $"{run.PeakBytes / Mebibyte:F0}");
        }

        Console.WriteLine(table);
    }

    private static string Learner(TextClassificationSettings settings)
    {
        (string Name, object? Value)[] given =
        [
            ("epochs", settings.Epochs), ("tokens", settings.Tokens), ("depth", settings.Depth), ("token dropout", settings.TokenDropout),
            ("dropout", settings.Dropout), ("rate", settings.LearningRate), ("decay", settings.WeightDecay),
        ];
        return string.Join(", ", given.Where(option => option.Value is not null)
            .Select(option => FormattableString.Invariant($"{option.Name} {option.Value}")).Prepend($"{settings.Method}"));
    }
}
