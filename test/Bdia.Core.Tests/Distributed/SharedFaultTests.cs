using Bdia.Core.Distributed;
using Bdia.Core.ImageClassification;
using Bdia.Core.Reversible;
using Bdia.Core.Tests.ImageClassification;
using Bdia.Core.Tests.Training;
using Bdia.Core.Training;

namespace Bdia.Core.Tests.Distributed;

/// <summary>Runs over several ranks of which one goes wrong: the others end with a reason, and the run goes on from its last
/// checkpoint.</summary>
public sealed class SharedFaultTests
{
    private static byte[] Train(RankGroup ranks, Func<TrainingOptions, TrainingOptions> of, IImageRows? rows = null)
    {
        using var classifier = ImageClassifierTraining.Run(SharedTrainingTests.Random,
            of(SharedTrainingTests.Images with { Distributed = new() { Ranks = ranks } }), SharedTrainingTests.Augmented,
            rows ?? new ToyImages(87), cancellation: TestContext.Current.CancellationToken);
        return Weights.Bytes(classifier.Model);
    }

    private static string Message((byte[]?, Exception? Fault) end) => Assert.IsType<DistributedException>(end.Fault).Message;

    [Fact]
    public void Ranks_of_other_options_end_all_of_them_with_what_differs()
    {
        var ends = OnRanks.Try(4,
            ranks => Train(ranks, options => ranks.Rank == 2 ? options with { Epochs = 3, WeightDecay = 0.1 } : options));
        Assert.All(ends, end => Assert.StartsWith("Not all of the 4 ranks train the same: rank 2 differs from rank 0: "
            + "TrainingOptions.Epochs is 3 there and 2 on rank 0; TrainingOptions.WeightDecay is 0.1 there and 0.05 on rank 0.",
            Message(end), StringComparison.Ordinal));
    }

    [Fact]
    public void Ranks_of_other_rows_end_all_of_them_with_what_differs()
    {
        var ends = OnRanks.Try(2, ranks => Train(ranks, options => options, new ToyImages(87, seed: ranks.Rank)));
        Assert.All(ends, end => Assert.StartsWith("Not all of the 2 ranks train the same: rank 1 differs from rank 0: its training rows "
            + "are others, or more or fewer.", Message(end), StringComparison.Ordinal));
        ends = OnRanks.Try(2, ranks => Train(ranks, options => options, new ToyImages(87 - ranks.Rank)));
        Assert.All(ends, end => Assert.Contains("its training rows are others", Message(end), StringComparison.Ordinal));
    }

    [Fact]
    public void A_rank_whose_rows_cannot_be_read_ends_the_others()
    {
        var ends = OnRanks.Try(4, ranks => Train(ranks, options => options, new ToyImages(87)
        {
            Change = (row, image) => ranks.Rank == 3 && row == 80 ? throw new IOException("The network is down.") : image,
        }));
        Assert.IsType<IOException>(ends[3].Fault);
        Assert.All(ends[..3], end => Assert.Contains("Rank 3 has ended its run", Message(end), StringComparison.Ordinal));
    }

    [Fact]
    public void A_rank_that_cannot_read_on_within_a_step_ends_all_of_them_at_its_end()
    {
        var ends = OnRanks.Try(4, ranks =>
        {
            ToyImages? rows = null;
            rows = new ToyImages(87)
            {
                Change = (row, image) => ranks.Rank == 1 && rows!.Passes == 3 && row == 40
                    ? throw new IOException("The disk is gone.") : image,
            };
            using var classifier = ImageClassifierTraining.Run(SharedTrainingTests.Random,
                SharedTrainingTests.Images with { Distributed = new() { Ranks = ranks } },
                SharedTrainingTests.Augmented with { PixelCacheBytes = 640, ValidationFraction = 0 }, rows, // reads anew in every epoch
                cancellation: TestContext.Current.CancellationToken);
            return Weights.Bytes(classifier.Model);
        });
        Assert.IsType<IOException>(ends[1].Fault);
        foreach (var rank in (int[])[0, 2, 3])
            Assert.Equal($"Rank 1 has ended its run, and rank {rank} with it: The disk is gone.", Message(ends[rank]));
    }

    [Fact]
    public void More_ranks_than_parts_or_numbers_that_do_not_divide_them_are_refused()
    {
        var three = OnRanks.Try(3, ranks => Train(ranks, options => options));
        Assert.All(three, end => Assert.Contains("The number of ranks is 3; it must be a power of two and at most Distributed.Parts, 8",
            end.Fault!.Message, StringComparison.Ordinal));
        var odd = Assert.Throws<ArgumentException>(() => Train(RankGroup.Alone, options => options with { BatchSize = 20 }));
        Assert.Contains("BatchSize is 20; it must be a multiple of Distributed.Parts, 8", odd.Message, StringComparison.Ordinal);
        var inBackward = Assert.Throws<ArgumentException>(() => Train(RankGroup.Alone, options => options with
        {
            OptimizerInBackward = true, Distributed = new() { ShardOptimizer = true },
        }));
        Assert.Contains("OptimizerInBackward is True; it must be false where Distributed.ShardOptimizer is set", inBackward.Message,
            StringComparison.Ordinal);
        var sums = OnRanks.Try(2, ranks => Train(ranks,
            options => options with { Distributed = new() { Ranks = ranks, Sums = SumOrder.Library } }));
        Assert.All(sums, end => Assert.Contains("Distributed.Sums is Library; it must be Tree", end.Fault!.Message,
            StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(3, 8)]
    public void A_rank_that_dies_ends_the_others_and_the_run_goes_on_with_fewer_or_more(int dies, int after)
    {
        using var folder = new TemporaryFolder();
        TrainingOptions Kept(TrainingOptions options) => options with { CheckpointDirectory = folder.Path, CheckpointEverySteps = 1 };
        var calls = 0;
        // As a process that is killed: it says nothing to anybody any more.
        var ends = OnRanks.Try(4, ranks =>
        {
            var dying = new RankGroup(new DyingLink(InProcess(ranks), () => ranks.Rank == dies && Interlocked.Increment(ref calls) > 100));
            return Train(dying, Kept);
        }, TimeSpan.FromSeconds(2));
        Assert.All(ends, end => Assert.NotNull(end.Fault));
        Assert.All(ends.Where((_, rank) => rank != dies),
            end => Assert.Contains("does not answer", Message(end), StringComparison.Ordinal));
        Assert.NotEmpty(Directory.GetFiles(folder.Path, "checkpoint-*.safetensors"));

        var undisturbed = Train(RankGroup.Alone, options => options);
        Assert.Equal(undisturbed, OnRanks.Same(after, ranks => Train(ranks, options => Kept(options) with { Resume = true })));
    }

    [Theory]
    [InlineData(DivergencePolicy.Throw)]
    [InlineData(DivergencePolicy.ReturnBest)]
    public void A_loss_that_is_no_number_ends_all_ranks_alike(DivergencePolicy policy)
    {
        // Weights grow until there is no number for the loss; in which part it shows first, one rank alone knows.
        var ends = OnRanks.Try(4, ranks =>
        {
            using var classifier = ImageClassifierTraining.Run(
                SharedTrainingTests.Random with { Stack = new() { Mode = BackpropagationMode.StoreActivations, Quantize = false } },
                SharedTrainingTests.Images with
                {
                    Epochs = 3, OnDivergence = policy, ClipNorm = 0, Distributed = new() { Ranks = ranks },
                },
                SharedTrainingTests.Augmented with { MixupAlpha = 0, ClassWeights = [1, float.MaxValue] }, new ToyImages(87),
                cancellation: TestContext.Current.CancellationToken);
            return Weights.Bytes(classifier.Model);
        });
        Assert.All(ends, end => Assert.IsType<TrainingDivergedException>(end.Fault));
        Assert.All(ends, end => Assert.Equal(ends[0].Fault!.Message, end.Fault!.Message));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_full_disk_ends_all_ranks_and_the_run_goes_on_from_the_checkpoint_before(bool shard)
    {
        const string full = "/dev/full"; // takes nothing, as a disk that is full
        Assert.SkipUnless(File.Exists(full), $"there is no {full}");
        using var folder = new TemporaryFolder();
        var training = SharedTrainingTests.Images with { CheckpointDirectory = folder.Path, CheckpointEverySteps = 1 };
        var ends = OnRanks.Try(4, ranks => SharedTrainingTests.TrainImages(ranks, training, shard: shard, progress: report =>
        {
            if (report is { Step: 4, CompletedEpoch: null }) File.CreateSymbolicLink(Checkpoint(5) + ".writing", full);
        }));

        Assert.IsType<CheckpointException>(ends[0].Fault);
        foreach (var rank in (int[])[1, 2, 3])
        {
            Assert.StartsWith($"Rank 0 has ended its run, and rank {rank} with it: ", Message(ends[rank]), StringComparison.Ordinal);
            Assert.Contains("No space left on device", Message(ends[rank]), StringComparison.Ordinal);
        }

        Assert.Equal([Checkpoint(3), Checkpoint(4)], Directory.GetFiles(folder.Path, "checkpoint-*").Order(StringComparer.Ordinal));
        Assert.Equal(SharedTrainingTests.TrainImages(RankGroup.Alone),
            OnRanks.Same(2, ranks => SharedTrainingTests.TrainImages(ranks, training with { Resume = true }, shard: shard)));

        string Checkpoint(int step) => Path.Combine(folder.Path, $"checkpoint-{step:D10}.safetensors");
    }

    private static IRankLink InProcess(RankGroup ranks) => ranks.Link;

    private sealed class DeathException : Exception;

    /// <summary>Breaks off at some call, and does not tell the others.</summary>
    private sealed class DyingLink(IRankLink link, Func<bool> dies) : IRankLink
    {
        private bool dead;

        public int Rank => link.Rank;

        public int Size => link.Size;

        public void Send(int rank, ReadOnlySpan<byte> bytes)
        {
            Live();
            link.Send(rank, bytes);
        }

        public void Receive(int rank, Span<byte> bytes)
        {
            Live();
            link.Receive(rank, bytes);
        }

        public void Exchange(int rank, ReadOnlySpan<byte> sent, Span<byte> received)
        {
            Live();
            link.Exchange(rank, sent, received);
        }

        public void Fail(string reason)
        {
            if (!dead) link.Fail(reason);
        }

        public void Dispose() => link.Dispose();

        private void Live()
        {
            dead |= dies();
            if (dead) throw new DeathException();
        }
    }
}
