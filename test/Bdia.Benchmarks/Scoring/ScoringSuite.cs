using System.CommandLine;
using Bdia.Core.Models;
using Bdia.MLNet;
using Microsoft.ML;

namespace Bdia.Benchmarks.Scoring;

/// <summary>Pictures per second through ML.NET against the bare network, and the time to the first score.</summary>
internal static class ScoringSuite
{
    public static Contender<ScoringSettings, ScoringFigures> Contender { get; } = new("scoring-contender", ScoringContender.Run);

    public static Command Command()
    {
        var rows = new Option<int>("--rows") { Description = "Pictures.", DefaultValueFactory = _ => 1024 };
        var batch = new Option<int>("--batch") { Description = "Rows in a forward pass.", DefaultValueFactory = _ => 64 };
        var preset = new Option<VisionTransformerPreset>("--preset") { Description = "The network.", DefaultValueFactory = _ => VisionTransformerPreset.Compact };
        var command = new Command("scoring", "Rows per second of Transform, PredictionEngine and the bare forward pass; time to the first score.") { rows, batch, preset };
        var suite = new SuiteOptions();
        suite.AddTo(command);
        command.SetAction(async parse =>
        {
            var folder = Directory.CreateTempSubdirectory("bdia-scoring-");
            try
            {
                var file = $"{parse.GetValue(preset)}.zip";
                Save(parse.GetValue(preset), Path.Combine(folder.FullName, file));
                var contenders = Enum.GetValues<ScoringMethod>().Select(method => new ScoringSettings(method, file, parse.GetValue(rows), parse.GetValue(batch))).ToArray();
                var figures = await Contender.RunAllAsync(contenders, parse.GetValue(suite.Repetitions), suite.Open(parse), folder: folder.FullName);
                Print(contenders, figures, parse.GetValue(preset));
            }
            finally
            {
                folder.Delete(recursive: true);
            }
        });
        return command;
    }

    // Random weights score as fast as trained ones: one epoch over a handful of rows.
    private static void Save(VisionTransformerPreset preset, string file)
    {
        var mlContext = new MLContext(seed: 1);
        var data = mlContext.Data.LoadFromEnumerable(ScoringContender.Pictures(2 * ScoringContender.Classes));
        using var model = mlContext.MulticlassClassification.Trainers.BdiaImageClassification(
            new BdiaImageClassificationTrainer.Options { Preset = preset, PatchSize = 4, Epochs = 1, ValidationFraction = 0, Seed = 1 }).Fit(data);
        mlContext.Model.Save(model, data.Schema, file);
    }

    private static void Print(ScoringSettings[] contenders, List<ScoringFigures>[] figures, VisionTransformerPreset preset)
    {
        double Rate(ScoringMethod method) => Statistics.Median(figures[Array.FindIndex(contenders, c => c.Method == method)].Select(f => f.RowsPerSecond));
        var first = figures[Array.FindIndex(contenders, c => c.Method == ScoringMethod.FirstPrediction)];
        Console.WriteLine($"Vision transformer {preset}, 32x32 pictures in patches of 4, {contenders[0].Rows} rows, batch {contenders[0].Batch}. {Machine.Describe()}");
        Console.WriteLine();
        var table = new MarkdownTable("method", "rows/s (median)", "spread", "to raw forward");
        foreach (var method in new[] { ScoringMethod.RawForward, ScoringMethod.Transform, ScoringMethod.PredictionEngine })
        {
            double[] rates = [.. figures[Array.FindIndex(contenders, c => c.Method == method)].Select(f => f.RowsPerSecond)];
            table.Add($"{method}", $"{Rate(method):F0}", Statistics.Spread(rates, "F0"), $"{Rate(method) / Rate(ScoringMethod.RawForward):F2}");
        }

        Console.WriteLine(table);
        Console.WriteLine($"Transform / PredictionEngine: {Rate(ScoringMethod.Transform) / Rate(ScoringMethod.PredictionEngine):F2}");
        Console.WriteLine($"Load to first prediction: {1000 * Statistics.Median(first.Select(f => f.FirstSeconds)):F0} ms; reading the file's bytes: {1000 * Statistics.Median(first.Select(f => f.ReadSeconds)):F0} ms; ratio {Statistics.Median(first.Select(f => f.FirstSeconds / f.ReadSeconds)):F2}");
    }
}
