using Bdia.Core.ImageClassification;
using Bdia.Core.Models;
using Bdia.Core.Operations;
using Bdia.Core.Pretrained;
using Bdia.Core.Reversible;
using Bdia.Core.Training;
using Bdia.Data.Pictures;
using Bdia.Samples.ImageClassification.Data;

namespace Bdia.Benchmarks.Transfer;

/// <summary>What a contender begins with, and how it is trained.</summary>
internal enum TransferMethod
{
    /// <summary>Random weights, trained reversibly, with gamma = ±2^-5.</summary>
    Scratch,

    /// <summary>Pretrained weights, trained reversibly, with gamma = ±2^-8.</summary>
    FineTuned,

    /// <summary>Pretrained weights, gamma = 0 and activations stored: what everybody does.</summary>
    FineTunedPlain,
}

/// <summary>One contender: a Compact network on pictures of CIFAR.</summary>
/// <param name="Data">Folder of the pictures.</param>
/// <param name="Rows">Training rows, the first ones: classes take turns.</param>
/// <param name="Method">What it begins with.</param>
/// <param name="Weights">Where the pretrained weights are, or go; a path without its ending.</param>
/// <param name="Epochs">Passes over the rows.</param>
/// <param name="Seed">Of everything random.</param>
/// <param name="Precision">Of matrix products.</param>
/// <param name="Keep">Whether the weights are written there.</param>
internal sealed record TransferSettings(string Data, int Rows, TransferMethod Method, string Weights, int Epochs, int Seed,
    ComputePrecision Precision, bool Keep = false)
{
    public override string ToString() => $"{Path.GetFileName(Data)}, {Rows} rows, {Method}, seed {Seed}";
}

/// <summary>What one process measured.</summary>
/// <param name="Accuracy">Of all test rows, by the last epoch's weights: nothing is held back, and nothing is chosen.</param>
/// <param name="Seconds">Of training.</param>
/// <param name="IdleBytes">Resident with the pictures in memory, before training.</param>
/// <param name="PeakBytes">Resident peak as the operating system saw it.</param>
internal sealed record TransferFigures(double Accuracy, double Seconds, long IdleBytes, long PeakBytes);

/// <summary>Trains on some rows and scores all test rows.</summary>
internal static class TransferContender
{
    private const int Side = 32, Channels = 3, AtOnce = 500;

    public static TransferFigures Run(TransferSettings settings)
    {
        Core.Native.BdiaRuntime.EnsureLoaded();
        string[] files = [.. Directory.GetFiles(settings.Data).Where(CifarReader.Accepts)];
        var (_, classes, train, test) = CifarReader.Read(settings.Data, files);
        var plain = settings.Method == TransferMethod.FineTunedPlain;
        var model = VisionTransformerOptions.FromPreset(VisionTransformerPreset.Compact, Side, Side, Channels, classes.Length) with
        {
            Precision = settings.Precision,
            Stack = plain ? new() { Gamma = GammaSchedule.Weight(0), Mode = BackpropagationMode.StoreActivations, Quantize = false }
                : new() { Gamma = GammaSchedule.Exponent(settings.Method == TransferMethod.Scratch ? 5 : 8) },
        };
        var training = new TrainingOptions { Epochs = settings.Epochs, Seed = (ulong)settings.Seed };
        var images = new ImageTrainingOptions { ValidationFraction = 0, AugmentFlip = true };
        var start = settings.Method == TransferMethod.Scratch ? null : Start(settings.Weights, classes.Length);
        var idle = ResidentMemory.Now();
        using var classifier = ImageClassifierTraining.Run(model, training, images,
            new Rows([.. train.Take(settings.Rows)], classes), start: start);
        var peak = ResidentMemory.Peak();
        if (settings.Keep)
        {
            using var stream = File.Create(settings.Weights + ".safetensors");
            classifier.SaveWeights(stream);
            File.WriteAllText(settings.Weights + ".json", classifier.ToJson());
        }

        return new(Accuracy(classifier, test!, classes), classifier.Result!.SecondsTraining, idle, peak);
    }

    // The file as a file of others would be taken; the pixels as it was trained with.
    private static ImageStart Start(string weights, int classes)
    {
        var network = PretrainedVisionTransformer.FromFile(weights + ".safetensors", heads: 4);
        using var stream = File.OpenRead(weights + ".safetensors");
        using var before = ImageClassifier.Load(stream, File.ReadAllText(weights + ".json"));
        return new() { Weights = network, KeptClasses = [.. Enumerable.Repeat(-1, classes)], Normalization = before.Normalization };
    }

    private static double Accuracy(ImageClassifier classifier, List<Picture> test, string[] classes)
    {
        var right = 0;
        foreach (var chunk in test.Chunk(AtOnce))
        {
            var probabilities = new float[chunk.Length * classes.Length];
            classifier.Score([.. chunk.SelectMany(picture => picture.Pixels.Select(value => (float)value))], chunk.Length, probabilities);
            for (var i = 0; i < chunk.Length; i++)
            {
                var row = probabilities.AsSpan(i * classes.Length, classes.Length);
                if (classes[Largest(row)] == chunk[i].Class) right++;
            }
        }

        return (double)right / test.Count;
    }

    private static int Largest(ReadOnlySpan<float> values)
    {
        var at = 0;
        for (var i = 1; i < values.Length; i++)
            if (values[i] > values[at]) at = i;
        return at;
    }

    private sealed class Rows(Picture[] pictures, string[] classes) : IImageRows
    {
        public IEnumerable<ImageRow> Read()
        {
            var pixels = new float[Channels * Side * Side];
            foreach (var picture in pictures)
            {
                for (var i = 0; i < pixels.Length; i++) pixels[i] = picture.Pixels[i];
                yield return new(Array.IndexOf(classes, picture.Class), pixels);
            }
        }
    }
}
