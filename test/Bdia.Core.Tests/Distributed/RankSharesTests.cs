using System.Runtime.InteropServices;
using Bdia.Core.Distributed;
using Bdia.Core.Numerics;
using TorchSharp;

namespace Bdia.Core.Tests.Distributed;

public sealed class RankSharesTests
{
    private static float[] Values(int rank, long length)
    {
        var random = RandomSequence.At(6, (ulong)rank);
        return [.. Enumerable.Range(0, (int)length).Select(_ => (float)(random.NextGaussian() * Math.Exp(5 * random.NextGaussian())))];
    }

    [Theory]
    [InlineData(1, 5)]
    [InlineData(2, 0, 7)]
    [InlineData(4, 3, 0, 1000, 1)]
    [InlineData(8, 1, 2, 3, 4, 5, 6, 7, 8)]
    [InlineData(2, (1 << 19) + 1, 3)] // beyond one piece of a message
    public void Each_rank_gets_its_share_of_the_sum_over_the_tree_and_then_all_get_all(int size, params int[] lengths)
    {
        long[] shares = [.. lengths.Select(length => (long)length)];
        var places = Enumerable.Range(0, size).OrderBy(rank => RankShares.Place(rank, size)).ToArray();
        var ends = OnRanks.Run(size, ranks =>
        {
            var own = Values(ranks.Rank, shares.Sum());
            var whole = own.ToArray();
            ranks.Sum(whole);

            using var values = torch.tensor(own);
            var of = new RankShares(ranks, shares, RankShares.MakeRoom());
            of.Sum(values);
            var start = places.TakeWhile(rank => rank != ranks.Rank).Sum(rank => lengths[rank]);
            Assert.Equal(Bytes(whole.AsSpan(start, lengths[ranks.Rank])), Bytes(values.data<float>().ToArray().AsSpan(start,
                lengths[ranks.Rank])));
            of.Gather(values);
            Assert.Equal(Bytes(whole), Bytes(values.data<float>().ToArray()));
            return whole.Length;
        });
        Assert.All(ends, length => Assert.Equal(shares.Sum(), length));

        static byte[] Bytes(ReadOnlySpan<float> values) => MemoryMarshal.AsBytes(values).ToArray();
    }
}
