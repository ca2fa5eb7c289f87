using System.Security.Cryptography;
using Bdia.Core.Formats;
using Bdia.Core.Reversible;
using Bdia.Core.Training;
using Bdia.MLNet;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.Benchmarks.Fuzz;

/// <summary>A checkpoint in the middle of a run, which is altered and resumed from.</summary>
internal static class FuzzCheckpoint
{
    private const int Side = 8, Rows = 24;

    /// <summary>Of a tiny vision transformer, with moments and best weights.</summary>
    public static FuzzSubject Pictures()
    {
        var folder = Directory.CreateTempSubdirectory("bdia-fuzz-").FullName;
        try
        {
            using (Train(folder, epochs: 2)) return new("a checkpoint", Newest(folder), Alterations.OfCheckpoints, Open);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static byte[] Newest(string folder)
        => File.ReadAllBytes(Directory.EnumerateFiles(folder, "checkpoint-*").Order(StringComparer.Ordinal).Last());

    /// <summary>Goes on from a file for two epochs more.</summary>
    private static FuzzOutcome Open(byte[] file)
    {
        var folder = Directory.CreateTempSubdirectory("bdia-fuzz-").FullName;
        try
        {
            var path = Path.Combine(folder, "checkpoint-0000000004.safetensors");
            File.WriteAllBytes(path, file);
            using var model = Train(folder, epochs: 4);
            return FuzzOutcome.Answered(Convert.ToHexString(SHA256.HashData(Weights(model))));
        }
        catch (CheckpointException fault)
        {
            return FuzzOutcome.Of("refused as a checkpoint", fault);
        }
        // What a run says of weights and moments that are not its own.
        catch (Exception fault) when (fault is ReversibilityException or TrainingDivergedException)
        {
            return FuzzOutcome.Of("resumed, the run ended with a documented exception", fault);
        }
        catch (Exception fault)
        {
            return FuzzOutcome.NotAsPromised(fault);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static BdiaImageClassificationTransformer Train(string folder, int epochs)
    {
        var context = new MLContext(1);
        var rows = context.Data.LoadFromEnumerable(Enumerable.Range(0, Rows).Select(i => new PictureRow
        {
            Name = i % 2 == 0 ? "dark" : "light",
            Features = [.. Enumerable.Range(0, 3 * Side * Side).Select(j => (i % 2 * 100) + ((i + j) * 7919 % 50f))],
        }));
        var labelled = context.Transforms.Conversion.MapValueToKey("Label", "Name").Fit(rows).Transform(rows);
        return context.MulticlassClassification.Trainers.BdiaImageClassification(new BdiaImageClassificationTrainer.Options
        {
            Epochs = epochs, PatchSize = 4, Width = 8, Depth = 1, Heads = 2, FeedForwardWidth = 8, BatchSize = 9, Seed = 1,
            ValidationFraction = 0.25, CheckpointDirectory = folder, Resume = true,
        }).Fit(labelled);
    }

    private static byte[] Weights(BdiaImageClassificationTransformer model)
    {
        using var stream = new MemoryStream();
        SafeTensors.Write(stream, ModuleState.Save(model.Model.Model), new Dictionary<string, string>());
        return stream.ToArray();
    }

    private sealed class PictureRow
    {
        public string Name { get; set; } = "";

        [VectorType(3, Side, Side)]
        public float[] Features { get; set; } = [];
    }
}
