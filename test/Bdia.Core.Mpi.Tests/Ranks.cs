using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Bdia.Core.Distributed;
using Bdia.Core.ImageClassification;
using Bdia.Core.Models;
using Bdia.Core.SequenceToSequence;
using Bdia.Core.Text;
using Bdia.Core.Training;
using TorchSharp;

namespace Bdia.Core.Mpi.Tests;

/// <summary>Not tests: what ranks run, each in a process of its own.</summary>
public sealed class Ranks
{
    /// <summary>What the rank that dies waits for: steps that are done.</summary>
    public const int DiesAtStep = 5;

    /// <summary>Length of the run that is killed again and again.</summary>
    public const int LiveEpochs = 40;

    private const int Length = 300_001;

    private static float[] Values(int rank)
    {
        var random = new Random(rank);
        return [.. Enumerable.Range(0, Length).Select(_ => (float)(random.NextDouble() - 0.5) * MathF.Pow(10, random.Next(-3, 4)))];
    }

    // ((0 + 1) + (2 + 3)) + ..., as it is written.
    private static float Tree(ReadOnlySpan<float> leaves)
        => leaves.Length == 1 ? leaves[0] : Tree(leaves[..(leaves.Length / 2)]) + Tree(leaves[(leaves.Length / 2)..]);

    /// <summary>Trains a classifier of pictures, whose weights' hash lies in "images".</summary>
    internal static byte[] TrainImages(RankGroup ranks, string? checkpoints = null, Action<TrainingProgress>? progress = null,
        int epochs = 2, bool shard = false)
    {
        var model = new VisionTransformerOptions
        {
            ImageHeight = 8, ImageWidth = 8, Channels = 1, Classes = 2, PatchSize = 4, Width = 16, Depth = 3, Heads = 2,
            FeedForwardWidth = 32, Dropout = 0.1,
        };
        var training = new TrainingOptions
        {
            Epochs = epochs, BatchSize = 16, LearningRate = 3e-3, Seed = 7,
            Distributed = new() { Ranks = ranks, ShardOptimizer = shard },
            CheckpointDirectory = checkpoints, CheckpointEverySteps = checkpoints is null ? 0 : 1, Resume = checkpoints is not null,
        };
        using var classifier = ImageClassifierTraining.Run(model, training,
            new ImageTrainingOptions { AugmentCropPadding = 1, AugmentFlip = true, MixupAlpha = 0.2 }, new Bars(87),
            progress: progress is null ? null : new Call(progress), cancellation: TestContext.Current.CancellationToken);
        return Hash(classifier.Model);
    }

    private static byte[] TrainTranslator(RankGroup ranks)
    {
        using var translator = TranslatorTraining.Run(
            new EncoderDecoderOptions
            {
                Width = 32, EncoderDepth = 2, DecoderDepth = 2, Heads = 2, FeedForwardWidth = 64, Dropout = 0.1, ShareEmbeddings = true,
            },
            new TrainingOptions
            {
                Epochs = 2, LearningRate = 3e-3, Seed = 7, BestBy = ModelSelection.Score, Distributed = new() { Ranks = ranks },
                OptimizerInBackward = ranks.Size > 1, // to the bytes of a process without it
            },
            new SequenceTrainingOptions
            {
                Tokenizer = new() { TokenLevel = TokenLevel.Word, VocabularySize = 300 }, TokensPerBatch = 100, ValidationFraction = 0.1,
                BleuEveryEpochs = 1,
            },
            new Numbers(150), cancellation: TestContext.Current.CancellationToken);
        return Hash(translator.Model);
    }

    private static byte[] Hash(torch.nn.Module module)
        => SHA256.HashData([.. module.state_dict().OrderBy(pair => pair.Key).SelectMany(pair => pair.Value.bytes.ToArray())]);

    private static void Note(string name, RankGroup ranks, ReadOnlySpan<byte> bytes)
        => File.WriteAllText(Path.Combine(Mpirun.Folder, $"{name}.{ranks.Rank}"), Convert.ToHexString(bytes));

    /// <summary>Sums, gathers and broadcasts, and checks them.</summary>
    [Fact(Explicit = true)]
    public void Messages()
    {
        _ = Mpirun.Folder;
        using var ranks = MpiRanks.Join();
        var all = Enumerable.Range(0, ranks.Size).Select(Values).ToArray();
        float[] expected = [.. Enumerable.Range(0, Length).Select(i => Tree([.. all.Select(each => each[i])]))];
        for (var repeat = 0; repeat < 3; repeat++)
        {
            var values = Values(ranks.Rank);
            ranks.Sum(values);
            Assert.Equal(MemoryMarshal.AsBytes<float>(expected), MemoryMarshal.AsBytes<float>(values));
        }

        var library = Values(ranks.Rank);
        ranks.Sum(library, SumOrder.Library);
        // Another order of at most seven additions of numbers below 500, each off by half of a last place.
        for (var i = 0; i < Length; i++) Assert.Equal(expected[i], library[i], 7 * 500 * Math.Pow(2, -24) * 8);

        var gathered = ranks.Gather([.. Enumerable.Repeat((byte)ranks.Rank, 3 * ranks.Rank)]);
        for (var rank = 0; rank < ranks.Size; rank++) Assert.Equal(Enumerable.Repeat((byte)rank, 3 * rank), gathered[rank]);
        Assert.Equal([4, 5, 6], ranks.Broadcast(ranks.IsFirst ? [4, 5, 6] : null));
        ranks.Barrier();
        Note("messages", ranks, [(byte)ranks.Size]);
    }

    /// <summary>Trains both kinds, each with one of the ways to take less memory, and leaves the hashes of their weights.</summary>
    [Fact(Explicit = true)]
    public void Train()
    {
        _ = Mpirun.Folder;
        using var ranks = MpiRanks.Join();
        Note("images", ranks, TrainImages(ranks, shard: true));
        Note("translator", ranks, TrainTranslator(ranks));
    }

    /// <summary>Trains as <see cref="Live"/> does, without a pause.</summary>
    [Fact(Explicit = true)]
    public void Undisturbed()
    {
        _ = Mpirun.Folder;
        using var ranks = MpiRanks.Join();
        Note("images", ranks, TrainImages(ranks, epochs: LiveEpochs));
    }

    /// <summary>Rank 1 fails; the others leave what they end with.</summary>
    [Fact(Explicit = true)]
    public void Fail()
    {
        var folder = Mpirun.Folder;
        using var ranks = MpiRanks.Join();
        try
        {
            TrainImages(ranks, progress: null);
            ranks.Guard(() => ranks.Rank == 1 ? throw new IOException("The disk is full.") : ranks.Gather([]));
        }
        catch (DistributedException fault)
        {
            File.WriteAllText(Path.Combine(folder, $"fault.{ranks.Rank}"), fault.Message);
            throw;
        }
    }

    /// <summary>Rank 1 hangs; the others leave what they end with, after the limit.</summary>
    [Fact(Explicit = true)]
    public void Hang()
    {
        var folder = Mpirun.Folder;
        using var ranks = MpiRanks.Join(new MpiOptions { Timeout = TimeSpan.FromSeconds(1) });
        if (ranks.Rank == 1) Thread.Sleep(TimeSpan.FromSeconds(5));
        var fault = Assert.Throws<DistributedException>(ranks.Barrier);
        File.WriteAllText(Path.Combine(folder, $"fault.{ranks.Rank}"), fault.Message);
    }

    /// <summary>Trains with checkpoints, and goes on where there is one; the last rank kills itself once, as a cluster may.</summary>
    [Fact(Explicit = true)]
    public void Die()
    {
        var folder = Mpirun.Folder;
        using var ranks = MpiRanks.Join();
        var (died, checkpoints) = (Path.Combine(folder, "died"), Path.Combine(folder, "checkpoints"));
        if (ranks.Size > 1 && !File.Exists(died) && ranks.Rank == ranks.Size - 1)
        {
            // Of the progress of rank 0 nobody else hears: its checkpoints show it.
            new Thread(() =>
            {
                while (!File.Exists(Path.Combine(checkpoints, $"checkpoint-{DiesAtStep:D10}.safetensors"))) Thread.Sleep(1);
                File.WriteAllText(died, "");
                System.Diagnostics.Process.GetCurrentProcess().Kill(); // SIGKILL: no handler, no finally
            }) { IsBackground = true }.Start();
        }

        Note("images", ranks, TrainImages(ranks, checkpoints, _ => Thread.Sleep(File.Exists(died) ? 0 : 100)));
    }

    /// <summary>Trains with checkpoints, slowly, and goes on where there is one; says how it can be killed.</summary>
    [Fact(Explicit = true)]
    public void Live()
    {
        var folder = Mpirun.Folder;
        using var ranks = MpiRanks.Join();
        File.WriteAllText(Path.Combine(folder, $"process.{ranks.Rank}"), $"{Environment.ProcessId}");
        Note("images", ranks, TrainImages(ranks, Path.Combine(folder, "checkpoints"), _ =>
        {
            File.WriteAllText(Path.Combine(folder, "begun"), "");
            Thread.Sleep(30);
        }, LiveEpochs));
    }

    private sealed class Call(Action<TrainingProgress> action) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => action(value);
    }
}
