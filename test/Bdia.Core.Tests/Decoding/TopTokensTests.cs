using Bdia.Core.Decoding;
using CsCheck;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Decoding;

public class TopTokensTests
{
    [Fact]
    public void The_greatest_values_come_first_and_of_equal_ones_the_lower_ids()
        => Gen.Select(Gen.Int[1, 4], Gen.Int[1, 300], Gen.Int[1, 40], Gen.Int[1, 30], Gen.Int[0, int.MaxValue])
            .Sample((rows, vocabulary, count, levels, seed) =>
        {
            var random = new Random(seed);
            var values = Enumerable.Range(0, rows * vocabulary)
                .Select(_ => random.Next(levels + 1) is var level && level == 0 ? float.NegativeInfinity : -level / 3f).ToArray();
            using var scores = tensor(values, [rows, vocabulary]);
            var top = TopTokens.Find(scores, count);
            for (var row = 0; row < rows; row++)
            {
                var line = values.AsSpan(row * vocabulary, vocabulary).ToArray();
                // Ids of tokens that cannot be written are of no account.
                var expected = Enumerable.Range(0, vocabulary).OrderByDescending(id => line[id]).Take(count)
                    .Select(id => (line[id], float.IsFinite(line[id]) ? id : -1)).ToArray();
                var actual = top.Ids(row).ToArray()
                    .Zip(top.Values(row).ToArray(), (id, value) => ((float)value, double.IsFinite(value) ? id : -1));
                Assert.Equal(expected, actual);
            }
        });

    [Fact]
    public void A_value_that_is_no_number_comes_first()
    {
        using var scores = tensor(new[] { 1f, float.NaN, 3f, 2f }, [1, 4]);
        foreach (var count in new[] { 1, 2, 4 }) Assert.True(double.IsNaN(TopTokens.Find(scores, count).Values(0)[0]));
    }
}
