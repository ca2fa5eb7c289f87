using Bdia.Core.Decoding;
using Bdia.Core.Operations;
using Bdia.Core.Tensors;
using Bdia.Core.Tests.Reversible;
using Bdia.Core.Text;
using CsCheck;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Decoding;

/// <summary>The most probable tokens by one pass over the logits, against libtorch's operations in double precision.</summary>
public class TopTokensKernelTests
{
    // Rows that fill registers and that do not; vocabularies of several pieces and blocks; logits of few levels, so that ties are frequent.
    private static readonly Gen<(int Rows, int Vocabulary, int Count, int Levels, int Seed)> Cases
        = Gen.Select(Gen.Int[1, 20], Gen.OneOf(Gen.Int[3, 200], Gen.Int[900, 3000]), Gen.Int[1, 9], Gen.Int[0, 20], Gen.Int[0, 1 << 20]);

    [Fact]
    public void It_gives_what_libtorch_gives_in_double_precision()
        => Cases.Sample(given =>
        {
            using var scope = NewDisposeScope();
            var logits = Logits(given.Rows, given.Vocabulary, given.Levels, given.Seed);
            var exact = logits.to(float64).log_softmax(1);
            var top = TopTokens.FindInLogits(logits, given.Count);

            Assert.Equal(Math.Min(given.Count, given.Vocabulary - SpecialTokens.End), top.Count);
            for (var row = 0; row < given.Rows; row++)
            {
                var (line, own) = (exact[row].data<double>().ToArray(), logits[row].data<float>().ToArray());
                var expected = Enumerable.Range(SpecialTokens.End, given.Vocabulary - SpecialTokens.End)
                    .OrderByDescending(id => own[id]).Take(top.Count).Where(id => float.IsFinite(own[id])).ToArray();
                Assert.Equal(expected, top.Ids(row)[..expected.Length].ToArray());
                // Sums of 64 exponentials in float32, the rest in double precision.
                for (var i = 0; i < top.Count; i++)
                    if (i < expected.Length) Assert.InRange(top.Values(row)[i], line[expected[i]] - 2e-6, line[expected[i]] + 2e-6);
                    else Assert.Equal(double.NegativeInfinity, top.Values(row)[i]);
            }
        });

    [Fact]
    public void A_row_gets_the_same_bits_alone_and_among_others_in_either_order_of_memory_and_on_any_number_of_threads()
    {
        using var scope = NewDisposeScope();
        var logits = Logits(37, 8000, 0, 1);
        var together = TopTokens.FindInLogits(logits, 4);
        var transposed = TopTokens.FindInLogits(logits.t().contiguous().t(), 4);
        var threads = get_num_threads();
        set_num_threads(1);
        var onOneThread = TopTokens.FindInLogits(logits, 4);
        set_num_threads(threads);
        for (var row = 0; row < 37; row++)
        {
            var alone = TopTokens.FindInLogits(logits.narrow(0, row, 1), 4);
            foreach (var other in new[] { transposed, onOneThread })
            {
                Assert.Equal(together.Values(row), other.Values(row));
                Assert.Equal(together.Ids(row), other.Ids(row));
            }

            Assert.Equal(together.Values(row), alone.Values(0));
            Assert.Equal(together.Ids(row), alone.Ids(0));
        }
    }

    [Fact]
    public void Of_a_product_it_finds_what_it_finds_in_the_logits_bit_for_bit()
        => Gen.Select(Cases, Gen.Int[1, 40], Gen.Bool).Sample((given, inputs, hasBias) =>
        {
            using var scope = NewDisposeScope();
            using var noGradients = no_grad();
            // ties among logits: few levels of small whole numbers, whose products are exact
            var weight = Stacks.Normal((ulong)given.Seed, given.Vocabulary, inputs);
            if (given.Levels > 0) weight = weight.round();
            var states = Stacks.Normal((ulong)given.Seed + 1, given.Rows, inputs);
            var output = new OutputProduct(weight, hasBias ? Stacks.Normal(7, given.Vocabulary) : null, ComputePrecision.Float32);
            var rows = (given.Rows + 7) / 8 * 8; // so many the kernel takes that writes all logits down
            var logits = TransposedDenseKernel.Apply(cat([states, zeros(rows - given.Rows, inputs)], 0), weight).narrow(1, 0, given.Rows);
            var expected = TopTokens.FindInLogits((hasBias ? logits.Plus(output.Bias!.unsqueeze(1)) : logits).t(), given.Count);

            var actual = TopTokens.FindInProduct(states, output, given.Count);

            Assert.Equal(expected.Count, actual.Count);
            for (var row = 0; row < given.Rows; row++)
            {
                Assert.Equal(expected.Ids(row), actual.Ids(row));
                Assert.Equal(expected.Values(row), actual.Values(row));
            }
        }, iter: 60, threads: 1);

    [Fact]
    public void Of_a_product_a_row_gets_the_same_bits_alone_and_among_others_and_on_any_number_of_threads()
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var (states, output) = (Stacks.Normal(1, 37, 20), new OutputProduct(Stacks.Normal(2, 8000, 20), null, ComputePrecision.Float32));
        var together = TopTokens.FindInProduct(states, output, 4);
        var threads = get_num_threads();
        set_num_threads(1);
        var onOneThread = TopTokens.FindInProduct(states, output, 4);
        set_num_threads(threads);
        for (var row = 0; row < 37; row++)
        {
            var alone = TopTokens.FindInProduct(states.narrow(0, row, 1), output, 4);
            foreach (var (other, place) in new[] { (onOneThread, row), (alone, 0) })
            {
                Assert.Equal(together.Values(row), other.Values(place));
                Assert.Equal(together.Ids(row), other.Ids(place));
            }
        }
    }

    [Theory]
    [InlineData(float.NaN, 0)]
    [InlineData(float.NaN, 7)]
    [InlineData(float.NaN, 1999)]
    [InlineData(float.PositiveInfinity, 1)]
    [InlineData(float.PositiveInfinity, 1500)]
    public void A_logit_that_is_not_finite_makes_every_log_probability_of_its_row_no_number_and_of_no_other(float logit, int id)
    {
        using var scope = NewDisposeScope();
        var values = Logits(3, 2000, 0, 1);
        using (var place = values[1, id]) place.Fill(logit);
        var top = TopTokens.FindInLogits(values, 2);
        Assert.All(top.Values(1).ToArray(), value => Assert.True(double.IsNaN(value)));
        Assert.All([.. top.Values(0), .. top.Values(2)], value => Assert.True(double.IsFinite(value)));
    }

    [Fact]
    public void Tokens_without_probability_take_none_and_large_logits_do_not_overflow()
    {
        using var scope = NewDisposeScope();
        var values = TestMath.Full([2, 3000], float.NegativeInfinity);
        (values[0, 2999], values[1, 5], values[1, 2000]) = (tensor(-3e38f), tensor(3e38f), tensor(3e38f));
        var top = TopTokens.FindInLogits(values, 2);
        Assert.Equal([0.0, double.NegativeInfinity], top.Values(0));
        Assert.Equal(2999, top.Ids(0)[0]);
        Assert.Equal([5, 2000], top.Ids(1));
        Assert.False(double.IsFinite(TopTokens.FindInLogits(TestMath.Full([1, 10], float.NegativeInfinity), 1).Values(0)[0]));
    }

    private static Tensor Logits(int rows, int vocabulary, int levels, int seed)
    {
        var normal = Stacks.Normal((ulong)seed, rows, vocabulary).Times(5);
        return levels == 0 ? normal : normal.Times(levels / 20f).round().MaskedFill(normal.Below(-10), float.NegativeInfinity);
    }
}
