using System.CommandLine;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using Bdia.Core.Distributed;
using Bdia.Core.ImageClassification;
using Bdia.Core.Models;
using Bdia.Core.Mpi;
using Bdia.Core.Training;

namespace Bdia.Benchmarks.Distributed;

/// <summary>What each rank of a timed run does.</summary>
internal static class RankProgram
{
    public const string Name = "distributed-rank", Marker = "rank figures:";

    public static Command Command()
    {
        var settings = new Argument<string>("settings");
        var command = new Command(Name, "Trains as one rank, and prints the figures of rank 0 as JSON.") { settings };
        command.Hidden = true;
        command.SetAction(parse => Run(JsonSerializer.Deserialize<DistributedSettings>(parse.GetValue(settings)!)!));
        return command;
    }

    private static void Run(DistributedSettings settings)
    {
        using var joined = MpiRanks.Join();
        if (joined.Size != settings.Ranks)
            throw new InvalidOperationException($"{settings.Launch} has joined {joined.Size} ranks, not {settings.Ranks}.");
        var counting = joined.Size > 1 ? new CountingLink(joined.Link) : null;
        var ranks = counting is null ? joined : new RankGroup(counting);
        var model = new VisionTransformerOptions
        {
            ImageHeight = 32, ImageWidth = 32, Channels = 3, Classes = 10, PatchSize = 4, Width = settings.Width, Depth = settings.Depth,
            Heads = Math.Max(1, settings.Width / 64), FeedForwardWidth = 4 * settings.Width,
        };
        var training = new TrainingOptions
        {
            Epochs = 1, BatchSize = settings.Rows, LearningRate = 1e-4, Seed = 1, Optimizer = OptimizerKind.AdamW,
            OptimizerInBackward = settings.Way == RankWay.InBackward, ClipNorm = settings.Way == RankWay.InBackward ? 0 : 1,
            Distributed = settings.Parts == 0 ? null
                : new() { Ranks = ranks, Parts = settings.Parts, ShardOptimizer = settings.Way == RankWay.Sharded },
        };
        var images = new ImageTrainingOptions { AugmentFlip = false, AugmentCropPadding = 0, ValidationFraction = 0 };
        var times = new List<(long At, double Waited, double Processor, long Sent)>();
        using var process = Process.GetCurrentProcess();
        using var classifier = ImageClassifierTraining.Run(model, training, images, new Noise(settings.Rows * (settings.Steps + 1)),
            progress: new Call(report =>
            {
                if (report.CompletedEpoch is not null) return;
                process.Refresh();
                times.Add((Stopwatch.GetTimestamp(), ranks.Waited.TotalSeconds, process.TotalProcessorTime.TotalSeconds,
                    counting?.Sent ?? 0));
            }));
        if (!ranks.IsFirst) return;
        var steps = times.Zip(times.Skip(1)).Select(pair => (
            Seconds: Stopwatch.GetElapsedTime(pair.First.At, pair.Second.At).TotalSeconds,
            Waited: pair.Second.Waited - pair.First.Waited, Processor: pair.Second.Processor - pair.First.Processor,
            Sent: pair.Second.Sent - pair.First.Sent)).OrderBy(step => step.Seconds).ToArray();
        var median = steps[steps.Length / 2];
        var weights = classifier.Model.state_dict().OrderBy(pair => pair.Key, StringComparer.Ordinal);
        var hash = SHA256.HashData([.. weights.SelectMany(pair => pair.Value.bytes.ToArray())]);
        Console.WriteLine(Marker + JsonSerializer.Serialize(new DistributedFigures(median.Seconds, median.Waited,
            steps.Average(step => step.Processor), median.Sent,
            classifier.Model.parameters().Sum(parameter => parameter.numel() * sizeof(float)), Convert.ToHexString(hash.AsSpan(0, 8)))));
    }

    private sealed class Call(Action<TrainingProgress> action) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => action(value);
    }

    /// <summary>Pictures of noise.</summary>
    private sealed class Noise(int count) : IImageRows
    {
        public IEnumerable<ImageRow> Read()
        {
            var random = new Random(1);
            for (var row = 0; row < count; row++)
                yield return new ImageRow(row % 10, [.. Enumerable.Range(0, 3 * 32 * 32).Select(_ => (float)random.Next(256))]);
        }
    }
}
