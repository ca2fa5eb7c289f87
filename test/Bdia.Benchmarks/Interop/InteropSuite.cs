using System.CommandLine;
using Bdia.Core.Models;

namespace Bdia.Benchmarks.Interop;

/// <summary>Models of ours against the ONNX files that they write: in ML.NET, in ONNX Runtime, and in the sample that translates.</summary>
internal static class InteropSuite
{
    public static Contender<InteropSettings, InteropFigures> Scoring { get; } =
        new("interop-contender", InteropContender.Score, settings => settings.Environment());

    public static Contender<InteropTextSettings, InteropTextFigures> Writing { get; } =
        new("interop-text-contender", InteropContender.Write);

    public static Command Command()
    {
        var rows = new Option<int>("--rows") { Description = "Pictures.", DefaultValueFactory = _ => 512 };
        var batch = new Option<int>("--batch") { Description = "Rows that are scored together.", DefaultValueFactory = _ => 64 };
        var threads = new Option<int>("--threads") { Description = "Of each contender.", DefaultValueFactory = _ => 2 };
        var presets = SuiteOptions.Several("--presets", "Networks that score.", VisionTransformerPreset.Compact,
            VisionTransformerPreset.Cifar);
        var writer = new Option<EncoderDecoderPreset>("--writer") { Description = "The network that writes.",
            DefaultValueFactory = _ => EncoderDecoderPreset.Compact };
        var tokens = new Option<int>("--tokens") { Description = "Of each output.", DefaultValueFactory = _ => 40 };
        var methods = SuiteOptions.Several("--methods", "What scores.", Enum.GetValues<InteropMethod>());
        var narrow = new Option<bool>("--narrow") { Description = "Ours also with MKL's narrow products on AMD, in processes between." };
        var noTexts = new Option<bool>("--no-texts") { Description = "Score pictures alone." };
        var command = new Command("interop", "Models of ours against their ONNX files: rows and tokens per second, processes interleaved.")
        {
            rows, batch, threads, presets, writer, tokens, methods, narrow, noTexts,
        };
        var suite = new SuiteOptions();
        suite.AddTo(command);
        command.SetAction(async parse =>
        {
            var (networks, count) = (parse.GetValue(presets)!, parse.GetValue(threads));
            InteropSettings[] scorers = [.. from preset in networks from method in parse.GetValue(methods)!
                from slow in parse.GetValue(narrow) && method is InteropMethod.Transform or InteropMethod.PredictionEngine
                    ? (bool[])[false, true] : [false]
                select new InteropSettings(method, preset, parse.GetValue(rows), parse.GetValue(batch), count, slow)];
            InteropTextSettings[] writers = parse.GetValue(noTexts) ? [] : [.. from sample in (bool[])[false, true]
                select new InteropTextSettings(
                    sample, parse.GetValue(writer), parse.GetValue(tokens), parse.GetValue(batch), count, Calls: 5)];
            using var models = new InteropModels(networks, parse.GetValue(writer), parse.GetValue(tokens));
            var results = suite.Open(parse);
            var repetitions = parse.GetValue(suite.Repetitions);
            var scored = await Scoring.RunAllAsync(scorers, repetitions, results, nameof(Scoring));
            var written = await Writing.RunAllAsync(writers, repetitions, results, nameof(Writing));
            Console.WriteLine($"Networks with random weights; pictures of 32x32 in patches of 4, {parse.GetValue(rows)} rows; texts of "
                + $"{parse.GetValue(tokens)} tokens, greedily; batch {parse.GetValue(batch)}, {count} threads. {Machine.Describe()}");
            Console.WriteLine();
            Console.WriteLine(Rates(scorers, scored, writers, written));
            Console.WriteLine(Race(networks, scorers, scored, written));
        });
        return command;
    }

    private static double Median(IEnumerable<InteropFigures> runs) => Statistics.Median(runs.Select(run => run.RowsPerSecond));

    private static double Median(IEnumerable<InteropTextFigures> runs) => Statistics.Median(runs.Select(run => run.TokensPerSecond));

    private static MarkdownTable Rates(InteropSettings[] scorers, List<InteropFigures>[] scored, InteropTextSettings[] writers,
        List<InteropTextFigures>[] written)
    {
        var table = new MarkdownTable("network", "method", "rows/s or tokens/s (median)", "spread", "ms a row") { TextColumns = 2 };
        foreach (var (settings, runs) in scorers.Zip(scored))
        {
            table.Add($"{settings.Preset}", $"{settings.Method}{(settings.Narrow ? ", narrow products" : "")}", $"{Median(runs):F0}",
                Statistics.Spread([.. runs.Select(run => run.RowsPerSecond)], "F0"), $"{1000 / Median(runs):F3}");
        }

        foreach (var (settings, runs) in writers.Zip(written))
        {
            table.Add($"{settings.Preset} (texts)", settings.Sample ? "ONNX sample" : "Translator", $"{Median(runs):F0}",
                Statistics.Spread([.. runs.Select(run => run.TokensPerSecond)], "F0"), "");
        }

        return table;
    }

    private static MarkdownTable Race(VisionTransformerPreset[] networks, InteropSettings[] scorers, List<InteropFigures>[] scored,
        List<InteropTextFigures>[] written)
    {
        double? Rate(VisionTransformerPreset preset, InteropMethod method)
            => Array.FindIndex(scorers, one => (one.Preset, one.Method, one.Narrow) == (preset, method, false)) is >= 0 and var at
                ? Median(scored[at]) : null;

        var table = new MarkdownTable("what", "network", "target", "measured", "met") { TextColumns = 3 };
        foreach (var preset in networks)
        {
            AtLeast("Transform / ApplyOnnxModel, rows/s", $"{preset}", 3,
                Rate(preset, InteropMethod.Transform) / Rate(preset, InteropMethod.ApplyOnnxModel));
            AtLeast("Transform / ONNX Runtime at the same batch, rows/s", $"{preset}", 1,
                Rate(preset, InteropMethod.Transform) / Rate(preset, InteropMethod.Session));
            if (Rate(preset, InteropMethod.SingleSession) / Rate(preset, InteropMethod.PredictionEngine) is not { } latency) continue;
            table.Add("PredictionEngine / ONNX Runtime with batch 1, latency", $"{preset}", "<= 1", $"{latency:F2}",
                latency <= 1 ? "yes" : "no");
        }

        if (written.Length > 0)
            AtLeast("greedy decoding / the ONNX sample, tokens/s", "texts", 1.5, Median(written[0]) / Median(written[1]));
        return table;

        void AtLeast(string what, string network, double goal, double? value)
        {
            if (value is not null)
                table.Add(what, network, FormattableString.Invariant($">= {goal}"), $"{value:F2}", value >= goal ? "yes" : "no");
        }
    }
}
