using Bdia.Core.Decoding;
using Bdia.Core.Text;
using CsCheck;

namespace Bdia.Core.Tests.Decoding;

public class BeamSearchTests
{
    private static readonly Gen<DecodingOptions> AnyOptions =
        Gen.Select(Gen.Int[1, 6], Gen.Int[1, 6], Gen.OneOf<double>(0, 0.6, 1, 3), Gen.OneOf<double>(0, 0.5, 1), Gen.Int[0, 5])
        .Select((beam, best, alpha, ratio, constant) => new DecodingOptions
        {
            BeamSize = Math.Max(beam, best), BestCount = Math.Min(beam, best), LengthPenalty = alpha,
                MaxLengthRatio = ratio, MaxLengthConstant = constant,
        });

    // Few levels: most rows have ties, within a row and between hypotheses.
    private static readonly Gen<ToyNetwork> AnyNetwork = Gen.Select(Gen.Int[3, 9], Gen.ULong, Gen.Int[0, 3], Gen.OneOf(-2f, 0f, 2f))
        .Select((vocabulary, seed, levels, end) => new ToyNetwork(vocabulary, seed, levels, end));

    [Fact]
    public void It_finds_what_a_plain_search_without_an_early_end_finds()
        => Gen.Select(AnyNetwork, AnyOptions, Gen.Int[1, 5]).Sample((network, options, count) =>
        {
            var inputs = ToyNetwork.Inputs(count);
            foreach (var (input, found) in inputs.Zip(network.Decode(inputs, options))) Outputs.AssertSame(
                PlainSearch.Beam(network, input, options), found);
        }, iter: 300);

    [Fact]
    public void Behind_prompts_of_any_length_it_finds_what_a_plain_search_there_finds()
        => Gen.Select(AnyNetwork, AnyOptions, Gen.Int[0, 3].Array[1, 5], Gen.ULong[0, 1000]).Sample((network, options, lengths, seed) =>
        {
            var (inputs, prompts) = (ToyNetwork.Inputs(lengths.Length), network.Prompts(lengths, seed));
            var found = ToyNetwork.Decode(new ToyScorer(network, inputs) { Prompts = prompts }, options);
            for (var i = 0; i < inputs.Length;
                i++) Outputs.AssertSame(PlainSearch.Beam(network.Behind(prompts[i]), inputs[i], options), found[i]);
        }, iter: 200);

    [Theory]
    [InlineData(0)]
    [InlineData(0.6)]
    [InlineData(2)]
    public void A_beam_that_is_wide_enough_finds_the_best_of_all_outputs(double alpha)
    {
        // Two tokens and the end: 48 extensions in the fifth step at most.
        var options = new DecodingOptions { BeamSize = 100, BestCount = 63, LengthPenalty = alpha, MaxLengthRatio = 0,
            MaxLengthConstant = 5 };
        for (ulong seed = 0; seed < 10; seed++)
        {
            var network = new ToyNetwork(5, seed);
            var input = ToyNetwork.Inputs(1)[0];
            var all = PlainSearch.All(network, input, options);
            Assert.Equal(31 + 32, all.Length); // 1 + 2 + 4 + 8 + 16 that end, 32 that are cut off
            Outputs.AssertSame(all, network.Decode([input], options)[0]);
            Outputs.AssertSame(all.Take(7).ToArray(), network.Decode([input], options with { BestCount = 7 })[0]);
        }
    }

    [Fact]
    public void A_beam_of_one_takes_the_most_probable_token_each_time_whatever_the_length_penalty()
        => Gen.Select(AnyNetwork, Gen.OneOf<double>(0, 0.6, 5)).Sample((network, alpha) =>
        {
            var options = new DecodingOptions { BeamSize = 1, LengthPenalty = alpha, MaxLengthRatio = 1, MaxLengthConstant = 4 };
            var inputs = ToyNetwork.Inputs(4);
            foreach (var (input, found) in inputs.Zip(network.Decode(inputs, options)))
                Assert.Equal(PlainSearch.Greedy(network, input, options.LongestOutput(input.Length)), Assert.Single(found).Ids);
        }, iter: 100);

    [Fact]
    public void Inputs_together_get_what_each_gets_alone()
        => Gen.Select(AnyNetwork, AnyOptions).Sample((network, options) =>
        {
            var inputs = ToyNetwork.Inputs(7);
            foreach (var (input, together) in inputs.Zip(network.Decode(inputs, options))) Outputs.AssertSame(
                network.Decode([input], options)[0], together);
        }, iter: 50);

    [Fact]
    public void Hypotheses_come_best_first_and_never_twice_without_special_tokens_and_with_the_stated_score()
        => Gen.Select(AnyNetwork, AnyOptions).Sample((network, options) =>
        {
            foreach (var found in network.Decode(ToyNetwork.Inputs(3), options))
            {
                Assert.InRange(found.Count, 1, options.BestCount);
                Assert.Equal(found.Count, found.Select(h => string.Join(' ', h.Ids)).Distinct().Count());
                Assert.Equal(found.OrderByDescending(h => h.Finished).ThenByDescending(h => h.Score), found);
                Assert.All(found, h => Assert.DoesNotContain(h.Ids, id => id < SpecialTokens.Count));
                Assert.All(found, h => Assert.Equal(
                    h.LogProbability / Math.Pow((5 + h.Ids.Count + (h.Finished ? 1 : 0)) / 6.0, options.LengthPenalty), h.Score));
            }
        }, iter: 100);

    [Fact]
    public void Padding_and_start_token_are_not_written_even_where_they_are_the_most_probable()
    {
        var network = new ToyNetwork(8,
            1) { Change = (_, _, logits) => { (logits[SpecialTokens.Padding], logits[SpecialTokens.Start]) = (30, 20); return logits; } };
        var options = new DecodingOptions { BeamSize = 3, BestCount = 3, MaxLengthConstant = 4 };
        foreach (var h in network.Decode(ToyNetwork.Inputs(5), options).SelectMany(found => found))
        {
            Assert.All(h.Ids, id => Assert.InRange(id, SpecialTokens.Count, 7));
            Assert.True(h.LogProbability < -25, "Probabilities are the network's own, of its whole vocabulary.");
        }
    }

    [Fact]
    public void The_search_ends_when_no_live_hypothesis_can_win()
    {
        // The end has probability 0.98 or so: what lives on has 0.02, and no length penalty makes up for that.
        var scorer = new ToyScorer(new ToyNetwork(6, 1, EndBias: 7), ToyNetwork.Inputs(3));
        ToyNetwork.Decode(scorer, new DecodingOptions { BeamSize = 3, LengthPenalty = 0, MaxLengthConstant = 100 });
        Assert.Single(scorer.RowsOfSteps);
    }

    [Fact]
    public void Inputs_and_hypotheses_that_have_ended_leave_the_batch()
    {
        // Input i ends behind i tokens, for certain.
        var network = new ToyNetwork(6,
            1) { Change = (input, written, logits) =>
            { logits[SpecialTokens.End] = written.Count >= input[0] - 1000 ? 90 : -90; return logits; } };
        var scorer = new ToyScorer(network, [[1003, 2], [1000, 2], [1002, 2]]);
        var found = ToyNetwork.Decode(scorer, new DecodingOptions { BeamSize = 1 });
        Assert.Equal([3, 0, 2], found.Select(h => h[0].Ids.Count));
        Assert.Equal([3, 2, 2, 1], scorer.RowsOfSteps);
        Assert.Equal(2, scorer.Selections); // none where all rows go on as they are
    }

    [Fact]
    public void A_longest_output_cuts_hypotheses_off_and_those_come_last()
    {
        var network = new ToyNetwork(12, 1, EndBias: -90);
        var options = new DecodingOptions { BeamSize = 4, BestCount = 4, MaxLengthRatio = 1.5, MaxLengthConstant = 2 };
        var found = network.Decode([[5, 6, 2]], options)[0];
        Assert.All(found, h => Assert.Equal((false, 6), (h.Finished, h.Ids.Count))); // 1.5 * 3 + 2, rounded down

        var ending = new ToyNetwork(12,
            1) { Change = (_, written, logits) => { logits[SpecialTokens.End] = written.Count == 5 ? 1.5f : -90; return logits; } };
        Assert.Equal([true, false], ending.Decode([[5, 6, 2]], options)[0].Select(h => h.Finished).Distinct());
    }

    [Fact]
    public void An_output_has_at_least_one_token()
    {
        var found = new ToyNetwork(12, 1, EndBias: -90).Decode([[2]], new DecodingOptions { MaxLengthRatio = 0, MaxLengthConstant = 0 })[0];
        Assert.Single(Assert.Single(found).Ids);
    }

    [Fact]
    public void There_are_fewer_hypotheses_where_the_network_can_write_no_more()
    {
        // Only the end token has a probability in the second step, and two tokens have one in the first.
        var network = new ToyNetwork(9, 1)
        {
            Change = (_, written, logits) =>
                logits.Select((logit, id) => (written.Count == 0 ? id is 4 or 5 : id == SpecialTokens.End)
                ? logit : float.NegativeInfinity).ToArray(),
        };
        var found = network.Decode([[7, 2]], new DecodingOptions { BeamSize = 5, BestCount = 5 })[0];
        Assert.Equal(2, found.Count);
        Assert.All(found, h => Assert.True(h.Finished));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Logits_that_are_not_finite_are_an_error_that_names_the_input_and_the_place(float logit)
    {
        var network = new ToyNetwork(9, 1,
            EndBias: -90) { Change = (input, written, logits) =>
            { if (input[0] == 1001 && written.Count == 2) logits[5] = logit; return logits; } };
        foreach (var options in new DecodingOptions[] { new() { BeamSize = 1 }, new() { BeamSize = 3 },
            new() { Sample = true }, new() { Sample = true, TopK = 3 } })
        {
            var fault = Assert.Throws<NotFiniteNumberException>(() => network.Decode(ToyNetwork.Inputs(3), options));
            Assert.Contains("token 3 of the output for input 1", fault.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_network_that_allows_nothing_but_padding_is_an_error()
    {
        var network = new ToyNetwork(9,
            1) { Change = (_, _, logits) => logits.Select((_, id) => id == SpecialTokens.Padding ? 0 : float.NegativeInfinity).ToArray() };
        foreach (var sample in new[] { false, true })
            Assert.Throws<NotFiniteNumberException>(() => network.Decode([[2]], new DecodingOptions { Sample = sample }));
    }

    [Fact]
    public void A_cancelled_search_stops_before_its_next_step()
    {
        using var cancellation = new CancellationTokenSource();
        var steps = 0;
        var scorer = new ToyScorer(new ToyNetwork(9, 1, EndBias: -90), ToyNetwork.Inputs(2)) { Cancellation = cancellation.Token,
            BeforeStep = () => { if (++steps == 3) cancellation.Cancel(); } };
        Assert.Throws<OperationCanceledException>(() => ToyNetwork.Decode(scorer, new DecodingOptions()));
        Assert.Equal(3, steps);
    }
}
