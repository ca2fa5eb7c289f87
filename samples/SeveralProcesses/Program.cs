using System.Diagnostics;
using System.Security.Cryptography;
using Bdia.Core.Mpi;
using Bdia.Core.Training;
using Bdia.MLNet;
using Microsoft.ML;
using Microsoft.ML.Data;

// The same program in every process that mpirun starts: one line, Distributed, shares the training among them.
// mpirun -np 4 dotnet SeveralProcesses.dll, with any number of them, prints the same weights.
using var ranks = MpiRanks.Join();
var mlContext = new MLContext(seed: 1);
var options = new BdiaImageClassificationTrainer.Options
{
    FeatureColumnName = "Pixels",
    ImageWidth = 16, ImageHeight = 16, Channels = 1, PatchSize = 4, Width = 64, Depth = 6, Heads = 4,
    Epochs = 3,
    BatchSize = 64, // of all processes together
    Distributed = new() { Ranks = ranks },
    Progress = new Epochs(),
};
var train = mlContext.Data.LoadFromEnumerable(Bars(2000));
var pipeline = mlContext.Transforms.Conversion.MapValueToKey("Label")
    .Append(mlContext.MulticlassClassification.Trainers.BdiaImageClassification(options));

var watch = Stopwatch.StartNew();
using var model = pipeline.Fit(train);
if (!ranks.IsFirst) return; // they have the same model

using var weights = new MemoryStream();
model.LastTransformer.Model.SaveWeights(weights);
var hash = Convert.ToHexString(SHA256.HashData(weights.ToArray()))[..16];
Console.WriteLine($"{ranks.Size} processes, {watch.Elapsed.TotalSeconds:F1} s, weights {hash}");

// Bars across, bars down and chequers, with noise.
static IEnumerable<Picture> Bars(int count)
{
    var random = new Random(1);
    for (var row = 0; row < count; row++)
    {
        var (kind, phase, pixels) = (row % 3, random.Next(8), new float[16 * 16]);
        for (var i = 0; i < pixels.Length; i++)
        {
            var (y, x) = ((i / 16 + phase) / 4 % 2, (i % 16 + phase) / 4 % 2);
            var light = kind == 0 ? y : kind == 1 ? x : y ^ x;
            pixels[i] = Math.Clamp(60 + 120 * light + random.Next(-60, 60), 0, 255);
        }

        yield return new Picture { Label = kind, Pixels = pixels };
    }
}

internal sealed class Picture
{
    public float Label { get; set; }

    [VectorType(16 * 16)]
    public float[] Pixels { get; set; } = [];
}

/// <summary>Rank 0 alone is told of progress, and so writes.</summary>
internal sealed class Epochs : IProgress<TrainingProgress>
{
    public void Report(TrainingProgress value)
    {
        if (value.CompletedEpoch is { } epoch)
            Console.WriteLine($"epoch {epoch.Epoch}: loss {epoch.TrainingLoss:F3}, {value.ItemsPerSecond:F0} pictures/s");
    }
}
