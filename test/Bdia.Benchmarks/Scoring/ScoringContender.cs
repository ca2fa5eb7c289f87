using System.Diagnostics;
using System.IO.Compression;
using Bdia.Core.Native;
using Bdia.Core.Operations;
using Bdia.MLNet;
using Microsoft.ML;
using Microsoft.ML.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Benchmarks.Scoring;

/// <summary>Scores random pictures with a saved model.</summary>
internal static class ScoringContender
{
    public const int Channels = 3, Side = 32, Pixels = Channels * Side * Side, Classes = 10;

    private const int Passes = 3;

    public static ScoringFigures Run(ScoringSettings settings)
    {
        BdiaRuntime.EnsureLoaded(); // an application loads libtorch once, whatever it scores
        using (torch.ones(1)) { }
        var rows = Pictures(settings.Rows);
        var mlContext = new MLContext(seed: 1);
        var first = LoadAndPredict(mlContext, settings, rows[0], (model, engine) => Rate(mlContext, settings, rows, model, engine),
            out var rate);
        return settings.Method switch
        {
            ScoringMethod.FirstPrediction => new(0, 0, first, LoadAndPredict(mlContext, settings, rows[0], (_, _) => 0, out _)),
            ScoringMethod.RawForward or ScoringMethod.RawSingle => new(rate, MatrixRate.Measure(ComputePrecision.Float32), first, null),
            _ => new(rate, 0, first, null),
        };
    }

    private static FirstScore LoadAndPredict(
        MLContext mlContext, ScoringSettings settings, Picture row, Func<BdiaImageClassificationTransformer,
            PredictionEngine<Picture, Scored>, double> then, out double result)
    {
        var file = ScoringModel.File(settings.Preset);
        var read = Seconds(() => ReadEntries(file));
        var watch = Stopwatch.StartNew();
        using var model = (BdiaImageClassificationTransformer)Unwrap(mlContext.Model.Load(file, out _));
        var loaded = watch.Elapsed.TotalSeconds;
        using var engine = mlContext.Model.CreatePredictionEngine<Picture, Scored>(model);
        var made = watch.Elapsed.TotalSeconds;
        engine.Predict(row);
        var predicted = watch.Elapsed.TotalSeconds;
        result = then(model, engine);
        return new(read, loaded, made - loaded, predicted - made);
    }

    private static double Rate(MLContext mlContext, ScoringSettings settings, Picture[] rows,
        BdiaImageClassificationTransformer model, PredictionEngine<Picture, Scored> engine)
    {
        model.ScoringBatchSize = settings.Batch;
        Action? score = settings.Method switch
        {
            ScoringMethod.Transform => () => ReadScores(model.Transform(mlContext.Data.LoadFromEnumerable(rows))),
            ScoringMethod.PredictionEngine => () => Array.ForEach(rows, row => engine.Predict(row)),
            ScoringMethod.RawForward => RawForward(model, rows, settings.Batch),
            ScoringMethod.RawSingle => RawForward(model, rows, 1),
            _ => null,
        };
        return score is null ? 0 : rows.Length / Enumerable.Range(0, Passes).Min(_ => Seconds(score));
    }

    private static Action RawForward(BdiaImageClassificationTransformer model, Picture[] rows, int batch)
    {
        var batches = rows.Chunk(batch)
            .Select(chunk => torch.tensor(chunk.SelectMany(row => row.Features).ToArray()).view(-1, Channels, Side, Side)).ToArray();
        return () =>
        {
            using var noGradients = no_grad();
            foreach (var images in batches)
            {
                using var scope = NewDisposeScope();
                model.Model.Model.forward(images);
            }
        };
    }

    private static void ReadScores(IDataView scored)
    {
        using var cursor = scored.GetRowCursor([scored.Schema["Score"]]);
        var getter = cursor.GetGetter<VBuffer<float>>(scored.Schema["Score"]);
        var value = default(VBuffer<float>);
        while (cursor.MoveNext()) getter(ref value);
    }

    private static ITransformer Unwrap(ITransformer model) => model is TransformerChain<ITransformer> chain ? chain.LastTransformer : model;

    private static void ReadEntries(string file)
    {
        using var archive = ZipFile.OpenRead(file);
        foreach (var entry in archive.Entries)
        {
            using var stream = entry.Open();
            stream.CopyTo(Stream.Null);
        }
    }

    private static double Seconds(Action action)
    {
        var watch = Stopwatch.StartNew();
        action();
        return watch.Elapsed.TotalSeconds;
    }

    public static Picture[] Pictures(int count)
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, count).Select(i => new Picture
        {
            Features = [.. Enumerable.Range(0, Pixels).Select(_ => random.NextSingle())],
            Label = (uint)(i % Classes),
        })];
    }
}

/// <summary>A row of pixel values, as an application hands it to ML.NET.</summary>
internal sealed class Picture
{
    [VectorType(ScoringContender.Channels, ScoringContender.Side, ScoringContender.Side)]
    public float[] Features = [];

    [KeyType(ScoringContender.Classes)]
    public uint Label;
}

/// <summary>What the model adds.</summary>
internal sealed class Scored
{
    public float[] Score = [];
}
