using Bdia.Core.Distributed;
using Bdia.Core.ImageClassification;
using Bdia.Core.Numerics;
using Bdia.Core.Tests.Distributed;
using Bdia.Core.Training;

namespace Bdia.Core.Tests.ImageClassification;

/// <summary>Pictures that ranks share: each decodes and holds its part, and gets those that it trains on.</summary>
public sealed class SharedRowsTests
{
    private static readonly ImageShape Shape = new(1, 8, 8);
    private static readonly StopSignal Never = new(null, null, CancellationToken.None);

    private static ImageSurvey Survey(RankGroup ranks, IImageRows rows, long budget = long.MaxValue)
        => ImageSurvey.OfRanks(rows, "training", Shape, 2, budget, ranks, Never);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void Each_rank_decodes_and_holds_its_part_and_all_know_the_same_of_all_rows(int size)
    {
        const int count = 200;
        var whole = ImageSurvey.Of(new ToyImages(count), "training", Shape, 2, long.MaxValue, hash: false, Never);
        var normalization = whole.TakeNormalization(Enumerable.Range(0, count));
        var hash = Survey(RankGroup.Alone, new Parted(count)).Hash;
        var ends = OnRanks.Run(size, ranks =>
        {
            var rows = new Parted(count);
            var survey = Survey(ranks, rows);
            Assert.Equal(whole.Labels, survey.Labels);
            Assert.Equal(whole.Extremes, survey.Extremes);
            Assert.Equal(hash, survey.Hash);
            Assert.Equivalent(normalization, survey.TakeNormalization(Enumerable.Range(0, count)));
            return (survey.Shared!.Held, rows.Decoded);
        });
        // Its own, and a few that every rank looks at to see whether all have the same.
        Assert.All(ends, end => Assert.Equal(count / size, end.Held));
        Assert.All(ends, end => Assert.InRange(end.Decoded, count / size, count / size + 9));
    }

    [Theory]
    [InlineData(2, true)]
    [InlineData(4, true)]
    [InlineData(8, true)]
    [InlineData(4, false)] // four bytes a value
    public void Rows_go_to_the_ranks_that_need_them_and_none_holds_much_more_than_its_part(int size, bool whole)
    {
        const int count = 800;
        var expected = new ToyImages(count, whole: whole).Read().Select(row => row.Pixels.ToArray()).ToArray();
        OnRanks.Run(size, ranks =>
        {
            var survey = Survey(ranks, new ToyImages(count, whole: whole));
            var subset = new ImageSubset(new ToyImages(0), survey, [.. Enumerable.Range(0, count)], long.MaxValue);
            for (var epoch = 0UL; epoch < 5; epoch++)
            {
                var order = RandomSequence.At(9, epoch);
                subset.Move(order, place => place * size / count);
                var own = 0;
                foreach (var (row, place) in subset.Shuffled(order, place => place * size / count == ranks.Rank)
                    .Select((row, place) => (row, place)))
                {
                    if (place * size / count != ranks.Rank) continue;
                    var pixels = new float[Shape.Size];
                    row.Store.CopyTo(row.Slot, pixels);
                    Assert.Equal(expected[row.Number], pixels);
                    own++;
                }

                Assert.Equal(own, survey.Shared!.Held);
                // Places of rows that have gone serve again: what is more than its part is of one round of messages.
                Assert.InRange(survey.Shared.Store.Count, own, count / size * 5 / 4);
            }

            return 0;
        });
    }

    [Fact]
    public void Rows_beyond_the_memory_of_all_ranks_are_decoded_anew_by_those_that_train_on_them()
    {
        const int count = 120, size = 4, window = 40;
        var decoded = OnRanks.Run(size, ranks =>
        {
            var rows = new Parted(count);
            var survey = Survey(ranks, rows, window * Shape.Size);
            Assert.Null(survey.Shared);
            var subset = new ImageSubset(rows, survey, [.. Enumerable.Range(0, count)], window * Shape.Size);
            var before = rows.Decoded;
            var numbers = subset.Shuffled(RandomSequence.At(9), place => place % size == ranks.Rank).Where(row => row.Slot >= 0)
                .Select(row => row.Number).ToArray();
            Assert.Equal(count / size, numbers.Length);
            return (numbers, rows.Decoded - before);
        });
        Assert.Equal(Enumerable.Range(0, count), decoded.SelectMany(each => each.numbers).Order());
        Assert.All(decoded, each => Assert.Equal(count / size, each.Item2));
    }

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(40 * 64)]
    public void Rank_0_gets_the_rows_that_it_asks_for_whether_it_takes_all_of_them_or_not(long budget)
    {
        int[] wanted = [3, 4, 17, 60, 99];
        var expected = new ToyImages(100).Read().Select(row => row.Pixels.ToArray()).ToArray();
        foreach (var taken in (int[])[5, 2])
        {
            OnRanks.Run(4, ranks =>
            {
                var rows = new Parted(100);
                var subset = new ImageSubset(rows, Survey(ranks, rows, budget), [.. Enumerable.Range(0, 100)], budget);
                var got = subset.OnFirst(wanted.ToHashSet()).Take(taken).Select(row =>
                {
                    var pixels = new float[Shape.Size];
                    row.Store.CopyTo(row.Slot, pixels);
                    return (row.Number, pixels);
                }).ToArray();
                Assert.Equal(ranks.IsFirst ? wanted[..taken] : [], got.Select(row => row.Number));
                Assert.All(got, row => Assert.Equal(expected[row.Number], row.pixels));
                ranks.Barrier(); // nothing is left between them
                return 0;
            });
        }
    }

    /// <summary>Rows that can be read in part; counts those that were decoded.</summary>
    private sealed class Parted(int count) : IPartedImageRows
    {
        public int Decoded { get; private set; }

        public IEnumerable<ImageRow> Read() => Read(_ => true).Select(row => row.Row);

        public IEnumerable<(long Position, ImageRow Row)> Read(Func<long, bool> reads)
        {
            var number = 0;
            foreach (var row in new ToyImages(count).Read())
            {
                var position = number++;
                if (!reads(position)) continue;
                Decoded++;
                yield return (position, row);
            }
        }
    }
}
