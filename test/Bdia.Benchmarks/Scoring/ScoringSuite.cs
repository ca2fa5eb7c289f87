using System.CommandLine;
using Bdia.Core.Models;

namespace Bdia.Benchmarks.Scoring;

/// <summary>Pictures per second through ML.NET against the bare network, and the time to the first score.</summary>
internal static class ScoringSuite
{
    public static Contender<ScoringSettings, ScoringFigures> Contender { get; } = new("scoring-contender", ScoringContender.Run);

    public static Command Command()
    {
        var rows = new Option<int>("--rows") { Description = "Pictures.", DefaultValueFactory = _ => 512 };
        var batch = new Option<int>("--batch") { Description = "Rows that are scored together.", DefaultValueFactory = _ => 64 };
        var presets = SuiteOptions.Several("--presets", "Networks that score.", VisionTransformerPreset.Compact,
            VisionTransformerPreset.Cifar);
        var loaded = SuiteOptions.Several("--load-presets", "Networks that are loaded.", VisionTransformerPreset.Compact,
            VisionTransformerPreset.Cifar, VisionTransformerPreset.Base);
        var command = new Command("scoring",
            "Rows per second of Transform, PredictionEngine and the bare forward pass; time to the first score.") { rows,
            batch, presets, loaded };
        var suite = new SuiteOptions();
        suite.AddTo(command);
        command.SetAction(async parse =>
        {
            ScoringSettings Settings(ScoringMethod method, VisionTransformerPreset preset) =>
                new(method, preset, parse.GetValue(rows), parse.GetValue(batch));
            ScoringSettings[] contenders =
            [
                .. from preset in parse.GetValue(presets)! from method in Enum.GetValues<ScoringMethod>()
                    where method != ScoringMethod.FirstPrediction select Settings(method, preset),
                .. from preset in parse.GetValue(loaded)! select Settings(ScoringMethod.FirstPrediction, preset),
            ];
            using var models = new ScoringModel(contenders.Select(c => c.Preset).Distinct());
            var figures = await Contender.RunAllAsync(contenders, parse.GetValue(suite.Repetitions), suite.Open(parse));
            (ScoringSettings Settings, List<ScoringFigures> Runs)[] all = [.. contenders.Zip(figures)];
            Console.WriteLine($"Vision transformers with random weights, 32x32 pictures in patches of 4, {parse.GetValue(rows)} rows, "
                + $"batch {parse.GetValue(batch)}. {Machine.Describe()}");
            Console.WriteLine();
            Console.WriteLine(Rates([.. all.Where(c => c.Settings.Method != ScoringMethod.FirstPrediction)]));
            Console.WriteLine(Loads([.. all.Where(c => c.Settings.Method == ScoringMethod.FirstPrediction)]));
        });
        return command;
    }

    private static MarkdownTable Rates((ScoringSettings Settings, List<ScoringFigures> Runs)[] contenders)
    {
        var table = new MarkdownTable("network", "method", "rows/s (median)", "spread", "to raw forward",
            "to PredictionEngine", "of matrix rate") { TextColumns = 2 };
        foreach (var network in contenders.GroupBy(c => c.Settings.Preset))
        {
            double Rate(ScoringMethod method) =>
                Statistics.Median(network.First(c => c.Settings.Method == method).Runs.Select(f => f.RowsPerSecond));
            var matrixRate = network.SelectMany(c => c.Runs).Max(f => f.MatrixRate);
            foreach (var (settings, runs) in network)
            {
                double[] rates = [.. runs.Select(f => f.RowsPerSecond)];
                var rate = Statistics.Median(rates);
                table.Add($"{settings.Preset}", $"{settings.Method}", $"{rate:F0}", Statistics.Spread(rates, "F0"),
                    $"{rate / Rate(ScoringMethod.RawForward):F2}", $"{rate / Rate(ScoringMethod.PredictionEngine):F2}",
                    $"{rate * settings.FlopsPerRow() / matrixRate:F2}");
            }
        }

        return table;
    }

    private static MarkdownTable Loads((ScoringSettings Settings, List<ScoringFigures> Runs)[] contenders)
    {
        var table = new MarkdownTable("network", "load in the process", "reading, ms", "Model.Load, ms",
            "engine, ms", "prediction, ms", "all but reading, ms", "to reading") { TextColumns = 2 };
        foreach (var (settings, runs) in contenders)
        {
            Add("first", f => f.First);
            Add("second", f => f.Second!);

            void Add(string load, Func<ScoringFigures, FirstScore> score)
            {
                string Milliseconds(Func<FirstScore, double> part) => $"{1000 * Statistics.Median(runs.Select(f => part(score(f)))):F1}";
                table.Add(
                    $"{settings.Preset}", load, Milliseconds(s => s.Read), Milliseconds(s => s.Load),
                        Milliseconds(s => s.Engine), Milliseconds(s => s.Predict), Milliseconds(s => s.Total),
                    $"{Statistics.Median(runs.Select(f => score(f).Total / score(f).Read)):F2}");
            }
        }

        return table;
    }
}
