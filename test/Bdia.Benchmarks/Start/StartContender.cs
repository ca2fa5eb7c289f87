using System.Diagnostics;
using Bdia.Core.Models;
using Bdia.Core.Native;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Training;
using Bdia.Data.Pictures;
using Bdia.MLNet;
using Bdia.Samples.ImageClassification;
using Bdia.Samples.ImageClassification.Data;
using Bdia.Samples.ImageClassification.Options;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.Benchmarks.Start;

/// <summary>Trains once, on one thread, and scores the test rows once.</summary>
internal static class StartContender
{
    /// <summary>The name of the pictures that are drawn.</summary>
    public const string Shapes = "shapes";

    private const int PictureSide = 32;

    public static StartFigures Run(StartSettings settings)
    {
        BdiaRuntime.Threads = 1;
        var mlContext = new MLContext(settings.Seed);
        var chosen = new List<string>();
        mlContext.Log += (_, line) =>
        {
            if (line.Message.Contains("Batches of", StringComparison.Ordinal)
                || line.Message.Contains("Images are", StringComparison.Ordinal)) chosen.Add(line.Message);
        };
        var data = DataSources.Load(mlContext, Asked(settings), _ => { });
        var clock = Stopwatch.StartNew();
        if (settings.Method == StartMethod.Linear)
        {
            var linear = LinearBaseline.Evaluate(mlContext, data);
            return new(linear.MicroAccuracy, linear.LogLoss, 0, clock.Elapsed.TotalSeconds, 0, ResidentMemory.Peak(), chosen);
        }

        var model = data.Prepare.Append(mlContext.Transforms.Conversion.MapValueToKey("Label", "Class", keyData: data.Keys(mlContext)))
            .Append(mlContext.MulticlassClassification.Trainers.BdiaImageClassification(Options(settings, data))).Fit(data.Train);
        var seconds = clock.Elapsed.TotalSeconds;
        var result = model.LastTransformer.Model.Result!;
        var metrics = mlContext.MulticlassClassification.Evaluate(
            mlContext.Data.Cache(model.Transform(data.Test), "Label", "PredictedLabel", "Score"));
        return new(metrics.MicroAccuracy, metrics.LogLoss, result.History[^1].TrainingAccuracy
            ?? 0, seconds, result.Steps, ResidentMemory.Peak(), chosen) { History = result.History };
    }

    private static SampleOptions Asked(StartSettings settings) => new()
    {
        Data = settings.Data == Shapes ? null : settings.Data,
        TrainRows = settings.Rows == 0 ? null : settings.Rows,
        TestRows = settings.TestRows == 0 ? null : settings.TestRows,
        PictureSize = PictureSide,
        Seed = settings.Seed,
        // Of the sample's own trainer and reports, which are not used here.
        Model = VisionTransformerPreset.Compact, Mode = BackpropagationMode.Reversible, Precision = ComputePrecision.Float32,
            Quantize = true, Baseline = false, Resume = false,
        Output = "", Save = "", Json = "", Report = "", Command = "",
    };

    private static BdiaImageClassificationTrainer.Options Options(StartSettings settings, PictureData data)
    {
        var options = Enum.TryParse<Recipe>($"{settings.Method}", out var recipe) ? new BdiaImageClassificationTrainer.Options(recipe)
            : new BdiaImageClassificationTrainer.Options();
        options.FeatureColumnName = "Image";
        options.Seed = settings.Seed;
        options.Precision = settings.BFloat16 ? ComputePrecision.BFloat16 : ComputePrecision.Float32;
        if (settings.Epochs > 0) options.Epochs = settings.Epochs;
        options.Gamma = settings.Gamma ?? options.Gamma;
        if (settings.Minutes > 0) options.TimeBudget = TimeSpan.FromMinutes(settings.Minutes);
        if (settings.Checkpoints is { } folder)
        {
            options.CheckpointDirectory = Path.Combine(folder, $"{settings.Name()}-{settings.Rows}-{settings.Method}-"
                + $"{settings.Gamma}{settings.Seed}");
            options.Resume = true;
            options.CheckpointEverySteps = 50;
        }

        if (settings.Method is StartMethod.AdamW or StartMethod.Former) options.Optimizer = OptimizerKind.AdamW;
        if (settings.Method == StartMethod.Former)
        {
            options.Gamma ??= GammaSchedule.Exponent(5);
            options.BatchSize = 128;
            options.LearningRate = 0.001;
            options.AugmentFlip = true;
            options.AugmentCropPadding = Math.Min(4, Math.Min(data.Size.Height, data.Size.Width) / 8);
            options.PatchSize = 4;
        }

        return options;
    }
}
