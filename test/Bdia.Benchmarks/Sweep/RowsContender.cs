using Bdia.Core.ImageClassification;
using Bdia.Core.Models;
using Bdia.Core.Training;

namespace Bdia.Benchmarks.Sweep;

/// <summary>One contender: an epoch of the trainer itself over so many rows.</summary>
/// <param name="Rows">Training rows, random pictures of 32x32.</param>
/// <param name="Keep">Whether the trainer may keep them in memory; else it reads them anew.</param>
internal sealed record RowsSettings(int Rows, bool Keep)
{
    public override string ToString() => $"{Rows} rows, {(Keep ? "kept" : "read anew")}";
}

/// <summary>What one process measured.</summary>
/// <param name="SecondsPerEpoch">The epoch after the first; nothing is validated.</param>
/// <param name="IdleBytes">Resident before training.</param>
/// <param name="PeakBytes">Resident peak as the operating system saw it.</param>
internal sealed record RowsFigures(double SecondsPerEpoch, long IdleBytes, long PeakBytes);

/// <summary>Trains a small vision transformer for two epochs, as an application does.</summary>
internal static class RowsContender
{
    private const int Side = 32, Channels = 3, Classes = 10;

    public static RowsFigures Run(RowsSettings settings)
    {
        Core.Native.BdiaRuntime.EnsureLoaded();
        var model = new VisionTransformerOptions { ImageHeight = Side, ImageWidth = Side, Channels = Channels,
            Classes = Classes, PatchSize = 4, Width = 64, Depth = 6, Heads = 1, FeedForwardWidth = 128 };
        var training = new TrainingOptions { Epochs = 2, BatchSize = 64, BestBy = ModelSelection.Loss };
        var images = new ImageTrainingOptions { ValidationFraction = 0, PixelCacheBytes = settings.Keep ? 1L << 30 : 1 };
        var idle = ResidentMemory.Now();
        using var classifier = ImageClassifierTraining.Run(model, training, images, new RandomRows(settings.Rows));
        return new(classifier.Result!.History[^1].Seconds, idle, ResidentMemory.Peak());
    }

    private sealed class RandomRows(int count) : IImageRows
    {
        public IEnumerable<ImageRow> Read()
        {
            var random = new Random(1);
            var (bytes, pixels) = (new byte[Channels * Side * Side], new float[Channels * Side * Side]);
            for (var row = 0; row < count; row++)
            {
                random.NextBytes(bytes);
                for (var i = 0; i < bytes.Length; i++) pixels[i] = bytes[i];
                yield return new(row % Classes, pixels);
            }
        }
    }
}
