using System.CommandLine;
using System.Text.Json;
using Bdia.Core.Layers;
using Bdia.Core.Reversible;

namespace Bdia.Benchmarks.Training;

/// <summary>Seconds per step and resident peak against depth, for the three ways of back-propagating through one network.</summary>
internal static class TrainingSuite
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static Contender<TrainingSettings, TrainingFigures> Contender { get; } = new("training-contender", TrainingContender.Run);

    public static Command Command()
    {
        var json = new Option<FileInfo?>("--json") { Description = "Also write all figures to this file." };
        var depths = new Option<int[]>("--depths") { Description = "Numbers of blocks.", DefaultValueFactory = _ => [6, 12, 24, 48], AllowMultipleArgumentsPerToken = true };
        var width = new Option<int>("--width") { Description = "Channels.", DefaultValueFactory = _ => 128 };
        var batch = new Option<int>("--batch") { Description = "Pictures in a step.", DefaultValueFactory = _ => 64 };
        var exponent = new Option<int>("--exponent") { Description = "m of gamma = ±2^-m.", DefaultValueFactory = _ => 1 };
        var steps = new Option<int>("--steps") { Description = "Timed steps in each process.", DefaultValueFactory = _ => 5 };
        var repetitions = new Option<int>("--repetitions") { Description = "Processes for each contender.", DefaultValueFactory = _ => 3 };
        var precision = new Option<ComputePrecision>("--precision") { Description = "Of matrix products.", DefaultValueFactory = _ => ComputePrecision.Float32 };
        var command = new Command("training", "Seconds per step and peak resident memory against depth, each mode in its own process.")
        {
            json, depths, width, batch, exponent, steps, repetitions, precision,
        };
        command.SetAction(async parse =>
        {
            var contenders = parse.GetValue(depths)!.SelectMany(depth => Enum.GetValues<BackpropagationMode>().Select(mode => new TrainingSettings(
                mode, depth, parse.GetValue(width), parse.GetValue(batch), parse.GetValue(precision), parse.GetValue(exponent), parse.GetValue(steps)))).ToArray();
            await RunAsync(contenders, parse.GetValue(repetitions), parse.GetValue(json));
        });
        return command;
    }

    private static async Task RunAsync(TrainingSettings[] contenders, int repetitions, FileInfo? json)
    {
        var figures = await Contender.RunAllAsync(contenders, repetitions);
        var summaries = contenders.Select((c, i) => new TrainingSummary(c, figures[i])).ToArray();
        var first = contenders[0];
        Console.WriteLine($"Vision transformer, {first.Width} wide, 32x32 pictures in patches of 4, batch {first.Batch}, {first.Precision}, m = {first.Exponent}. {Machine.Describe()}");
        Console.WriteLine();
        Console.WriteLine(Table(summaries));
        if (json is not null)
            await File.WriteAllTextAsync(json.FullName, JsonSerializer.Serialize(new { Machine = Machine.Describe(), Date = DateTime.UtcNow, Rows = summaries }, Indented));
    }

    private static MarkdownTable Table(TrainingSummary[] summaries)
    {
        const double mebibyte = 1 << 20;
        var table = new MarkdownTable("mode", "depth", "s per step (median)", "spread", "to stored", "peak MiB", "over idle MiB", "to stored", "side information MiB");
        foreach (var s in summaries)
        {
            var stored = summaries.First(o => o.Settings with { Mode = s.Settings.Mode } == s.Settings && o.Settings.Mode == BackpropagationMode.StoreActivations);
            table.Add($"{s.Settings.Mode}", $"{s.Settings.Depth}", $"{s.SecondsPerStep:F3}", $"{s.FastestStep:F3} to {s.SlowestStep:F3}", $"{s.SecondsPerStep / stored.SecondsPerStep:F2}",
                $"{s.PeakBytes / mebibyte:F0}", $"{s.OverIdleBytes / mebibyte:F0}", $"{(double)s.OverIdleBytes / stored.OverIdleBytes:F2}", $"{s.SideInformationBytes / mebibyte:F2}");
        }

        return table;
    }
}

/// <summary>Medians over the processes of one contender.</summary>
internal sealed class TrainingSummary(TrainingSettings settings, List<TrainingFigures> runs)
{
    public TrainingSettings Settings => settings;

    public IReadOnlyList<TrainingFigures> Runs => runs;

    public double SecondsPerStep => Median(r => r.SecondsPerStep);

    public double FastestStep => runs.Min(r => r.SecondsPerStep);

    public double SlowestStep => runs.Max(r => r.SecondsPerStep);

    public long PeakBytes => (long)Median(r => r.PeakBytes);

    /// <summary>The peak less what was resident with model and optimizer before the first step.</summary>
    public long OverIdleBytes => (long)Median(r => r.PeakBytes - r.IdleBytes);

    public long SideInformationBytes => runs[0].SideInformationBytes;

    private double Median(Func<TrainingFigures, double> figure) => runs.Select(figure).Order().ElementAt(runs.Count / 2);
}
