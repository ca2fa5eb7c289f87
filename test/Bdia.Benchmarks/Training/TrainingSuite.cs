using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Bdia.Core.Layers;

namespace Bdia.Benchmarks.Training;

/// <summary>Seconds per step and resident peak of everything that one would train a vision transformer with, over shapes and precisions.</summary>
internal static class TrainingSuite
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Converters = { new JsonStringEnumConverter() } };

    public static Contender<TrainingSettings, TrainingFigures> Contender { get; } = new("training-contender", TrainingContender.Run);

    public static Command Command()
    {
        var json = new Option<FileInfo?>("--json") { Description = "Also write all figures to this file." };
        var shapes = new Option<Shape[]>("--shapes")
        {
            Description = "Width x depth, one or more: 512x6.", AllowMultipleArgumentsPerToken = true,
            CustomParser = result => [.. result.Tokens.Select(token => Shape.Parse(token.Value))],
            DefaultValueFactory = _ => [new(512, 6), new(256, 24), new(192, 96)],
        };
        var methods = new Option<TrainingMethod[]>("--methods") { Description = "Contenders.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [.. Enum.GetValues<TrainingMethod>().Where(m => m != TrainingMethod.Checkpointed)] };
        var precisions = new Option<ComputePrecision[]>("--precisions") { Description = "Of matrix products.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => Enum.GetValues<ComputePrecision>() };
        var batch = new Option<int>("--batch") { Description = "Pictures in a step.", DefaultValueFactory = _ => 64 };
        var exponent = new Option<int>("--exponent") { Description = "m of gamma = ±2^-m.", DefaultValueFactory = _ => 1 };
        var steps = new Option<int>("--steps") { Description = "Timed steps in each process.", DefaultValueFactory = _ => 3 };
        var repetitions = new Option<int>("--repetitions") { Description = "Processes for each contender.", DefaultValueFactory = _ => 3 };
        var command = new Command("training", "Seconds per step and peak resident memory of BDIA and its alternatives, each in its own process.")
        {
            json, shapes, methods, precisions, batch, exponent, steps, repetitions,
        };
        command.SetAction(async parse =>
        {
            var contenders = (from shape in parse.GetValue(shapes)!
                              from precision in parse.GetValue(precisions)!
                              from method in parse.GetValue(methods)!
                              select new TrainingSettings(method, shape.Width, shape.Depth, parse.GetValue(batch), precision, parse.GetValue(exponent), parse.GetValue(steps))).ToArray();
            var figures = await Contender.RunAllAsync(contenders, parse.GetValue(repetitions));
            var summaries = contenders.Select((contender, i) => new TrainingSummary(contender, figures[i])).ToArray();
            Print(summaries);
            if (parse.GetValue(json) is { } file)
                await File.WriteAllTextAsync(file.FullName, JsonSerializer.Serialize(new { Machine = Machine.Describe(), Date = DateTime.UtcNow, Rows = summaries }, Json));
        });
        return command;
    }

    private static void Print(TrainingSummary[] summaries)
    {
        var first = summaries[0].Settings;
        Console.WriteLine($"Vision transformers on 32x32 pictures in patches of 4, batch {first.Batch}, m = {first.Exponent}. {Machine.Describe()}");
        foreach (var group in summaries.GroupBy(s => (s.Settings.Width, s.Settings.Depth, s.Settings.Precision)))
        {
            Console.WriteLine();
            Console.WriteLine($"Width {group.Key.Width}, depth {group.Key.Depth}, {group.Key.Precision}; {group.First().Runs[0].Parameters / 1e6:F1} M weights");
            Console.WriteLine();
            Console.WriteLine(Table([.. group]));
        }
    }

    private static MarkdownTable Table(TrainingSummary[] summaries)
    {
        const double mebibyte = 1 << 20;
        var table = new MarkdownTable("method", "s per step (median)", "spread", "to plain", "of matrix rate", "peak MiB", "over idle MiB", "to plain", "side information MiB");
        var plain = summaries.FirstOrDefault(s => s.Settings.Method == TrainingMethod.Plain);
        foreach (var s in summaries)
        {
            table.Add($"{s.Settings.Method}", $"{s.SecondsPerStep:F3}", s.Spread, plain is null ? "" : $"{s.SecondsPerStep / plain.SecondsPerStep:F2}", $"{s.ShareOfMatrixRate:F2}",
                $"{s.PeakBytes / mebibyte:F0}", $"{s.OverIdleBytes / mebibyte:F0}", plain is null ? "" : $"{s.OverIdleBytes / plain.OverIdleBytes:F3}", $"{s.SideInformationBytes / mebibyte:F2}");
        }

        return table;
    }

    private readonly record struct Shape(int Width, int Depth)
    {
        public static Shape Parse(string text) => text.Split('x') is [var width, var depth] && int.TryParse(width, out var w) && int.TryParse(depth, out var d) && w > 0 && d > 0
            ? new(w, d)
            : throw new ArgumentException($"The shape is '{text}'; write width x depth, such as 512x6.");
    }
}
