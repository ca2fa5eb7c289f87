using System.Runtime.InteropServices;
using Bdia.Core.Distributed;
using Bdia.Core.Numerics;

namespace Bdia.Core.Tests.Distributed;

public sealed class RankGroupTests
{
    private static float[] Values(int rank, int length)
    {
        var random = RandomSequence.At(5, (ulong)rank);
        return [.. Enumerable.Range(0, length).Select(_ => (float)(random.NextGaussian() * Math.Exp(5 * random.NextGaussian())))];
    }

    // ((0 + 1) + (2 + 3)) + ..., as it is written.
    private static float Tree(ReadOnlySpan<float> leaves)
        => leaves.Length == 1 ? leaves[0] : Tree(leaves[..(leaves.Length / 2)]) + Tree(leaves[(leaves.Length / 2)..]);

    [Theory]
    [InlineData(1, 7)]
    [InlineData(2, 1)]
    [InlineData(2, 1000)]
    [InlineData(4, 3)]
    [InlineData(4, 1001)]
    [InlineData(8, 0)]
    [InlineData(8, 5)]
    [InlineData(8, 4097)]
    [InlineData(4, (1 << 20) + 3)] // beyond one chunk
    public void A_sum_is_that_of_the_tree_of_ranks_bit_for_bit_on_every_rank(int size, int length)
    {
        var expected = new float[length];
        var values = Enumerable.Range(0, size).Select(rank => Values(rank, length)).ToArray();
        for (var i = 0; i < length; i++) expected[i] = Tree([.. values.Select(each => each[i])]);
        var sums = OnRanks.Run(size, ranks =>
        {
            var own = Values(ranks.Rank, length);
            ranks.Sum(own);
            return own;
        });
        Assert.All(sums, sum => Assert.Equal(MemoryMarshal.AsBytes<float>(expected), MemoryMarshal.AsBytes<float>(sum)));
    }

    [Fact]
    public void A_sum_over_a_tree_sends_as_little_as_any_sum_does()
    {
        const int size = 8, length = 1 << 12;
        var sent = new long[size];
        var links = InProcessRanks.Links(size, TimeSpan.FromMinutes(1));
        Parallel.For(0, size, new ParallelOptions { MaxDegreeOfParallelism = size }, rank =>
        {
            var counting = new RankGroup(new CountingLink(links[rank], bytes => sent[rank] += bytes));
            counting.Sum(new float[length]);
        });
        Assert.All(sent, bytes => Assert.Equal(2 * (size - 1) * length * sizeof(float) / size, bytes));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(8)]
    public void Rank_0_gives_to_all_and_all_give_to_all(int size)
    {
        var all = OnRanks.Run(size, ranks =>
        {
            byte[] own = [.. Enumerable.Repeat((byte)(10 + ranks.Rank), ranks.Rank)]; // rank 0 has nothing to give
            var gathered = ranks.Gather(own);
            var told = ranks.Broadcast(ranks.IsFirst ? [1, 2, 3] : null);
            var nothing = ranks.Broadcast((byte[]?)null);
            ranks.Barrier();
            return (gathered, told, nothing);
        });
        Assert.All(all, each =>
        {
            Assert.Equal(size, each.gathered.Length);
            for (var rank = 0; rank < size; rank++) Assert.Equal(Enumerable.Repeat((byte)(10 + rank), rank), each.gathered[rank]);
            Assert.Equal([1, 2, 3], each.told);
            Assert.Empty(each.nothing);
        });
    }

    [Fact]
    public void A_number_of_ranks_that_is_no_power_of_two_has_no_tree()
        => Assert.All(OnRanks.Try(3, ranks =>
        {
            ranks.Sum([1f]);
            return 0;
        }), end => Assert.Contains("There are 3 ranks", Assert.IsType<InvalidOperationException>(end.Fault).Message,
            StringComparison.Ordinal));

    [Fact]
    public void A_rank_that_fails_ends_the_others_with_its_reason()
    {
        var ends = OnRanks.Try(4, ranks => ranks.Guard(() =>
        {
            if (ranks.Rank == 2) throw new IOException("The disk is full.");
            ranks.Barrier();
            return 0;
        }));
        Assert.IsType<IOException>(ends[2].Fault);
        foreach (var rank in (int[])[0, 1, 3])
            Assert.Equal($"Rank 2 has ended its run, and rank {rank} with it: The disk is full.",
                Assert.IsType<DistributedException>(ends[rank].Fault).Message);
    }

    [Fact]
    public void A_rank_that_does_not_answer_ends_the_others_after_the_limit()
    {
        var ends = OnRanks.Try(2, ranks => ranks.Guard(() =>
        {
            if (ranks.Rank == 0) ranks.Barrier();
            return 0;
        }), TimeSpan.FromMilliseconds(50));
        Assert.StartsWith("Rank 0 has waited 0.05 s for rank 1, which does not answer",
            Assert.IsType<DistributedException>(ends[0].Fault).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Ranks_that_have_failed_are_of_no_use_and_say_so()
    {
        var ends = OnRanks.Try(2, ranks =>
        {
            Assert.Throws<ArgumentException>(() => ranks.Guard<int>(() => throw new ArgumentException("Epochs is 0.")));
            ranks.Barrier();
            return 0;
        });
        Assert.All(ends, end => Assert.Contains("has failed before (Epochs is 0.)",
            Assert.IsType<DistributedException>(end.Fault).Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Alone_a_sum_is_what_was_there()
    {
        float[] values = [1, -0f];
        RankGroup.Alone.Sum(values);
        Assert.Equal([1, -0f], values);
        Assert.Equal((0, 1, true), (RankGroup.Alone.Rank, RankGroup.Alone.Size, RankGroup.Alone.IsFirst));
        Assert.Equal([7], Assert.Single(RankGroup.Alone.Gather([7])));
    }

    /// <summary>Counts the bytes that are sent.</summary>
    private sealed class CountingLink(IRankLink link, Action<int> sent) : IRankLink
    {
        public int Rank => link.Rank;

        public int Size => link.Size;

        public void Send(int rank, ReadOnlySpan<byte> bytes)
        {
            sent(bytes.Length);
            link.Send(rank, bytes);
        }

        public void Receive(int rank, Span<byte> bytes) => link.Receive(rank, bytes);

        public void Exchange(int rank, ReadOnlySpan<byte> sentBytes, Span<byte> received)
        {
            sent(sentBytes.Length);
            link.Exchange(rank, sentBytes, received);
        }

        public void Fail(string reason) => link.Fail(reason);

        public void Dispose() => link.Dispose();
    }
}
