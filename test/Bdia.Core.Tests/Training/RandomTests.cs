using Bdia.Core.Numerics;
using Bdia.Core.Training;
using CsCheck;

namespace Bdia.Core.Tests.Training;

public sealed class RandomTests
{
    [Fact]
    public void Numbers_below_a_bound_are_each_drawn_about_as_often()
    {
        var random = RandomSequence.At(1);
        var counts = new int[7];
        for (var i = 0; i < 70_000; i++) counts[random.Next(7)]++;
        Assert.All(counts, count => Assert.InRange(count, 9_600, 10_400)); // 4 standard deviations
    }

    [Fact]
    public void Sequences_of_different_places_differ()
    {
        var first = new[] { RandomSequence.At(1, 2, 3), RandomSequence.At(1, 3, 2), RandomSequence.At(1, 2),
            RandomSequence.At(2, 2, 3), RandomSequence.At(1) };
        Assert.Equal(first.Length, first.Select(sequence => sequence.Next()).Distinct().Count());
    }

    [Theory]
    [InlineData(0.001)]
    [InlineData(0.2)]
    [InlineData(1)]
    [InlineData(8)]
    public void Beta_numbers_have_the_mean_and_variance_of_the_distribution(double a)
    {
        var random = RandomSequence.At(9);
        var values = Enumerable.Range(0, 20_000).Select(_ => random.NextBeta(a)).ToArray();
        Assert.All(values, value => Assert.InRange(value, 0, 1));
        Assert.Equal(0.5, values.Average(), 0.015);
        Assert.Equal(1 / (4 * (2 * a + 1)), values.Average(value => (value - 0.5) * (value - 0.5)), 0.01); // variance of Beta(a, a)
    }

    [Fact]
    public void A_window_shuffle_emits_every_row_once_from_the_slot_it_lies_in()
        => Gen.Select(Gen.Int[0, 200], Gen.Int[1, 220], Gen.ULong).Sample((count, window, seed) =>
        {
            var slots = Enumerable.Range(0, Math.Min(count, window)).ToArray();
            var unread = slots.Length;
            var seen = new List<int>();
            foreach (var step in WindowShuffle.Order(count, window, RandomSequence.At(seed)))
            {
                Assert.Equal(step.Row, slots[step.Slot]);
                seen.Add(step.Row);
                if (step.Refill) slots[step.Slot] = unread++;
            }

            Assert.Equal(Enumerable.Range(0, count), seen.Order());
        });

    [Fact]
    public void A_shuffle_gives_every_order_about_as_often()
    {
        var orders = Enumerable.Range(0, 24_000)
            .GroupBy(i => string.Join("", WindowShuffle.Order(4, 4, RandomSequence.At(5, (ulong)i)).Select(step => step.Row)))
            .ToDictionary(group => group.Key, group => group.Count());
        Assert.Equal(24, orders.Count);
        Assert.All(orders.Values, count => Assert.InRange(count, 870, 1130)); // 4 standard deviations
    }
}
