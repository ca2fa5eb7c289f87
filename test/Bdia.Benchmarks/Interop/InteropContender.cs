using System.Diagnostics;
using Bdia.Benchmarks.Scoring;
using Bdia.Core.Native;
using Bdia.MLNet;
using Bdia.Samples.OnnxTranslation;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.Transforms.Onnx;

namespace Bdia.Benchmarks.Interop;

/// <summary>Scores pictures, or writes texts, in one of the ways that are compared. Each loads what it needs, and nothing of the
/// others.</summary>
internal static class InteropContender
{
    private const int Channels = ScoringContender.Channels, Side = ScoringContender.Side, Pixels = ScoringContender.Pixels;

    private const double WarmUpSeconds = 3; // the runtime compiles what runs often a second time
    private const int Passes = 3;

    public static InteropFigures Score(InteropSettings settings)
    {
        var pass = settings.Method switch
        {
            InteropMethod.Transform or InteropMethod.PredictionEngine => Ours(settings),
            InteropMethod.ApplyOnnxModel => Applied(settings),
            _ => Session(settings),
        };
        var warmUp = Stopwatch.StartNew();
        do pass();
        while (warmUp.Elapsed.TotalSeconds < WarmUpSeconds);
        var seconds = Enumerable.Range(0, Passes).Min(_ =>
        {
            var watch = Stopwatch.StartNew();
            pass();
            return watch.Elapsed.TotalSeconds;
        });
        return new(settings.Rows / seconds);
    }

    public static InteropTextFigures Write(InteropTextSettings settings)
    {
        var texts = InteropModels.Sources(settings.Batch);
        if (!settings.Sample) BdiaRuntime.Threads = settings.Threads;
        using var ours = settings.Sample ? null : InteropModels.Open();
        using var sample = settings.Sample ? OnnxTranslator.Open(InteropModels.TextFolder, settings.Threads) : null;
        var seconds = Timing.MedianSeconds(settings.Calls, _ =>
        {
            if (ours is not null) ours.Translate(texts);
            else sample!.Translate(texts);
        }, WarmUpSeconds);
        return new(settings.Batch * settings.Tokens / seconds);
    }

    private static Action Ours(InteropSettings settings)
    {
        BdiaRuntime.Threads = settings.Threads;
        var mlContext = new MLContext(seed: 1);
        var rows = ScoringContender.Pictures(settings.Rows);
        var model = mlContext.Model.Load(ScoringModel.File(settings.Preset), out _);
        model.Part<BdiaImageClassificationTransformer>().ScoringBatchSize = settings.Batch;
        if (settings.Method == InteropMethod.Transform)
            return () => Read(model.Transform(mlContext.Data.LoadFromEnumerable(rows)), "Score");
        var engine = mlContext.Model.CreatePredictionEngine<Picture, Scored>(model);
        return () => Array.ForEach(rows, row => engine.Predict(row));
    }

    private static Action Applied(InteropSettings settings)
    {
        var mlContext = new MLContext(seed: 1);
        var rows = ScoringContender.Pictures(settings.Rows).Select(row => new Image { Pixels = row.Features }).ToArray();
        var view = mlContext.Data.LoadFromEnumerable(rows);
        var model = mlContext.Transforms.ApplyOnnxModel(new OnnxOptions
        {
            ModelFile = InteropModels.Onnx(settings.Preset), InputColumns = ["image"], OutputColumns = ["probabilities"],
            ShapeDictionary = new Dictionary<string, int[]> { ["image"] = [1, Channels, Side, Side] }, IntraOpNumThreads = settings.Threads,
        }).Fit(view);
        return () => Read(model.Transform(view), "probabilities");
    }

    private static Action Session(InteropSettings settings)
    {
        var batch = settings.Method == InteropMethod.SingleSession ? 1 : settings.Batch;
        var batches = ScoringContender.Pictures(settings.Rows).Chunk(batch)
            .Select(rows => (Rows: rows.Length, Pixels: rows.SelectMany(row => row.Features).ToArray())).ToArray();
        using var options = new SessionOptions { IntraOpNumThreads = settings.Threads };
        var session = new InferenceSession(InteropModels.Onnx(settings.Preset), options);
        var run = new RunOptions();
        return () =>
        {
            foreach (var (rows, pixels) in batches)
            {
                using var image = OrtValue.CreateTensorValueFromMemory(pixels, [rows, Channels, Side, Side]);
                using var results = session.Run(run, ["image"], [image], ["probabilities"]);
                if (results[0].GetTensorDataAsSpan<float>().Length != rows * ScoringContender.Classes)
                    throw new InvalidOperationException("The session gave another number of probabilities than there are classes.");
            }
        };
    }

    private static void Read(IDataView scored, string column)
    {
        using var cursor = scored.GetRowCursor([scored.Schema[column]]);
        var getter = cursor.GetGetter<VBuffer<float>>(scored.Schema[column]);
        var value = default(VBuffer<float>);
        while (cursor.MoveNext()) getter(ref value);
    }

    private sealed class Image
    {
        [ColumnName("image")]
        [VectorType(1, Channels, Side, Side)]
        public float[] Pixels = [];
    }
}
