using Bdia.Core.Decoding;
using CsCheck;

namespace Bdia.Core.Tests.Decoding;

public class DecodingBatchesTests
{
    [Fact]
    public void Each_input_is_in_one_batch_and_no_batch_is_too_large()
        => Gen.Select(Gen.Int[1, 400].Array[0, 2000], Gen.Int[1, 100]).Sample((lengths, rows) =>
        {
            var options = new DecodingOptions();
            var inputs = lengths.Select((length, i) => new SearchInput(i, new(new int[length], []), options.LongestOutput(length)));
            var batches = DecodingBatches.Cut(inputs, rows).ToArray();
            Assert.Equal(Enumerable.Range(0, lengths.Length), batches.SelectMany(batch => batch.Select(input => input.Index)).Order());
            Assert.All(batches, batch => Assert.True(batch.Length == 1
                || (batch.Length * rows <= DecodingBatches.Rows
                    && (long)batch.Length * rows * (
                    batch.Max(i => i.Given) + batch.Max(i => i.LongestOutput)) <= DecodingBatches.Positions)));
        }, iter: 50);

    [Fact]
    public void Inputs_of_like_length_go_together()
    {
        var inputs = Enumerable.Range(0, 1000).Select(i => new SearchInput(i, new(new int[1 + i * 7 % 100], []), 50));
        var lengths = DecodingBatches.Cut(inputs, 4).SelectMany(batch => batch.Select(input => input.Given)).ToArray();
        Assert.Equal(lengths.OrderDescending(), lengths);
    }

    [Fact]
    public void An_input_beyond_the_bound_makes_a_batch_of_its_own()
    {
        var inputs = Enumerable.Range(0, 3).Select(i => new SearchInput(i, new(new int[100_000], []), 1));
        Assert.Equal([1, 1, 1], DecodingBatches.Cut(inputs, 4).Select(batch => batch.Length));
    }
}
