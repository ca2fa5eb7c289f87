using System.CommandLine;
using Bdia.Benchmarks.Plots;
using Bdia.Benchmarks.Training;
using Bdia.Core.Operations;

namespace Bdia.Benchmarks.Sweep;

/// <summary>
/// How seconds and memory of a training step grow with depth, width, batch and tokens, one varied at a time, and those of an epoch with
/// rows.
/// </summary>
internal static class SweepSuite
{
    private const string Steps = nameof(Steps), Epochs = nameof(Epochs);
    private const double Mebibyte = 1 << 20;

    // Small, so that the whole sweep takes minutes; what is varied passes through it.
    private static readonly TrainingSettings Base =
        new(TrainingMethod.Reversible, Width: 128, Depth: 12, Side: 32, Batch: 64, ComputePrecision.Float32, Exponent: 1, Steps: 3);

    public static Contender<RowsSettings, RowsFigures> Rows { get; } = new("rows-contender", RowsContender.Run);

    public static Command Command()
    {
        var methods = SuiteOptions.Several("--methods", "Contenders.", TrainingMethod.Plain,
            TrainingMethod.PlainCheckpointed, TrainingMethod.RevVit, TrainingMethod.Reversible);
        var depths = SuiteOptions.Several("--depths", "Blocks.", 6, 12, 24, 48);
        var widths = SuiteOptions.Several("--widths", "Features per token.", 64, 128, 256, 384);
        var batches = SuiteOptions.Several("--batches", "Pictures in a step.", 16, 32, 64, 128);
        var sides = SuiteOptions.Several("--sides", "Width and height of the pictures; 16, 32, 48 and 64 give 17, 65, 145 and 257 tokens.",
            16, 32, 48, 64);
        var rows = SuiteOptions.Several("--rows", "Rows of an epoch.", 512, 1024, 2048, 4096);
        var command = new Command("sweep",
            "How seconds and memory grow with depth, width, batch, tokens and rows, each varied by itself.") { methods,
            depths, widths, batches, sides, rows };
        var suite = new SuiteOptions(repetitions: 1);
        suite.AddTo(command);
        var plots = new PlotOption(command);
        command.SetAction(async parse =>
        {
            TrainingSettings[] shapes =
            [
                .. parse.GetValue(depths)!.Select(depth => Base with { Depth = depth }),
                .. parse.GetValue(widths)!.Select(width => Base with { Width = width }),
                .. parse.GetValue(batches)!.Select(batch => Base with { Batch = batch }),
                .. parse.GetValue(sides)!.Select(side => Base with { Side = side }),
            ];
            var steps = shapes.Distinct().SelectMany(
                shape => parse.GetValue(methods)!.Select(method => shape with { Method = method })).ToArray();
            var epochs = parse.GetValue(rows)!.SelectMany(
                count => new[] { new RowsSettings(count, Keep: true), new RowsSettings(count, Keep: false) }).ToArray();
            var results = suite.Open(parse);
            await TrainingSuite.Contender.RunAllAsync(steps, parse.GetValue(suite.Repetitions), results, Steps);
            await Rows.RunAllAsync(epochs, parse.GetValue(suite.Repetitions), results, Epochs);
            var (varied, trained) = (Varied(results), Trained(results));
            Print(varied, trained);
            if (plots.Folder(parse) is not { } folder) return;
            foreach (var sweep in varied) SweepPlots.Save(folder, sweep);
            SweepPlots.SaveRows(folder, trained);
        });
        return command;
    }

    /// <summary>The sweeps that a file has: those contenders that differ from the base in that one setting alone.</summary>
    private static IReadOnlyList<Sweep> Varied(ResultFile results)
    {
        var all = results.All<TrainingSettings,
            TrainingFigures>(Steps).Select(row => new TrainingSummary(row.Settings, row.Runs)).ToArray();
        Sweep Of(string what, string unit, Func<TrainingSettings, double> value, Func<TrainingSettings, TrainingSettings> reset)
            => new(what, unit, value, [.. all.Where(s => reset(s.Settings) with { Method = Base.Method } == Base)
                .OrderBy(s => value(s.Settings))]);
        return
        [
            Of("depth", "blocks", s => s.Depth, s => s with { Depth = Base.Depth }),
            Of("width", "features per token", s => s.Width, s => s with { Width = Base.Width }),
            Of("batch", "pictures", s => s.Batch, s => s with { Batch = Base.Batch }),
            Of("tokens", "tokens per picture", s => s.Tokens(), s => s with { Side = Base.Side }),
        ];
    }

    private static IReadOnlyList<(RowsSettings Settings, RowsFigures Figures)> Trained(ResultFile results)
        => [.. results.All<RowsSettings,
            RowsFigures>(Epochs).OrderBy(row => row.Settings.Rows).Select(row => (row.Settings, new RowsFigures(
            Statistics.Median(row.Runs.Select(r => r.SecondsPerEpoch)), (long)Statistics.Median(row.Runs.Select(r => (double)r.IdleBytes)),
                (long)Statistics.Median(row.Runs.Select(r => (double)r.PeakBytes)))))];

    private static void Print(IReadOnlyList<Sweep> sweeps, IReadOnlyList<(RowsSettings Settings, RowsFigures Figures)> epochs)
    {
        Console.WriteLine($"Around width {Base.Width}, depth {Base.Depth}, batch {Base.Batch}, {Base.Tokens()} tokens, float32. "
            + $"{Machine.Describe()}");
        foreach (var sweep in sweeps)
        {
            Console.WriteLine();
            Console.WriteLine(sweep.Table());
        }

        var table = new MarkdownTable("rows", "in memory", "s per epoch", "rows/s", "peak MiB", "over idle MiB");
        foreach (var (settings, figures) in epochs)
        {
            table.Add($"{settings.Rows}", settings.Keep ? "kept"
                : "read anew", $"{figures.SecondsPerEpoch:F2}", $"{settings.Rows / figures.SecondsPerEpoch:F0}",
                $"{figures.PeakBytes / Mebibyte:F0}", $"{(figures.PeakBytes - figures.IdleBytes) / Mebibyte:F0}");
        }

        Console.WriteLine();
        Console.WriteLine(table);
    }
}
