using Bdia.Core.Decoding;
using Bdia.Core.Text;
using CsCheck;

namespace Bdia.Core.Tests.Decoding;

public class SamplingTests
{
    private const int Vocabulary = 8;

    private static readonly DecodingOptions Draws = new() { Sample = true, MaxLengthRatio = 0, MaxLengthConstant = 5 };

    private static readonly Gen<DecodingOptions> AnyOptions =
        Gen.Select(Gen.OneOf<double>(0.05, 0.7, 1, 5), Gen.Int[0, 7], Gen.OneOf<double>(0.3, 0.9, 1), Gen.Int[1, 4], Gen.ULong)
        .Select((temperature, topK, topP, count, seed) =>
            Draws with { Temperature = temperature, TopK = topK, TopP = topP, BestCount = count, Seed = seed });

    [Fact]
    public void The_best_token_alone_makes_greedy_decoding()
        => Gen.Select(Gen.Int[4, 9], Gen.ULong, Gen.Int[0, 3], Gen.OneOf<double>(0.1, 1, 10))
            .Sample((vocabulary, seed, levels, temperature) =>
        {
            var (network, inputs) = (new ToyNetwork(vocabulary, seed, levels), ToyNetwork.Inputs(5));
            var greedy = network.Decode(inputs, Draws with { Sample = false, BeamSize = 1 });
            var nearlyNothing = network.Decode(inputs, Draws with { TopP = 1e-9, Temperature = temperature });
            var one = network.Decode(inputs, Draws with { TopK = 1, Temperature = temperature });
            for (var i = 0; i < inputs.Length; i++)
            {
                Outputs.AssertSame(greedy[i], one[i]);
                Outputs.AssertSame(greedy[i], nearlyNothing[i]);
            }
        }, iter: 60);

    [Fact]
    public void What_is_drawn_behind_a_prompt_does_not_depend_on_the_prompts_of_others()
        => Gen.Select(Gen.Int[4, 9], Gen.ULong, AnyOptions, Gen.Int[0, 3].Array[1, 5]).Sample((vocabulary, seed, options, lengths) =>
        {
            var network = new ToyNetwork(vocabulary, seed);
            var (inputs, prompts) = (ToyNetwork.Inputs(lengths.Length), network.Prompts(lengths, seed));
            var together = ToyNetwork.Decode(new ToyScorer(network, inputs) { Prompts = prompts }, options);
            for (var i = 0; i < inputs.Length; i++)
                Outputs.AssertSame(ToyNetwork.Decode(new ToyScorer(network, [inputs[i]]) { Prompts = [prompts[i]] }, options)[0],
                    together[i]);
        }, iter: 60);

    [Theory]
    [InlineData(1, 0, 1)]
    [InlineData(0.5, 0, 1)]
    [InlineData(2, 0, 1)]
    [InlineData(1, 3, 1)]
    [InlineData(1, 0, 0.7)]
    [InlineData(1.5, 4, 0.8)]
    public void Tokens_are_drawn_as_often_as_they_are_probable(double temperature, int topK, double topP)
    {
        const int draws = 20_000;
        var network = new ToyNetwork(Vocabulary, 3);
        var options = Draws with { Temperature = temperature, TopK = topK, TopP = topP, BestCount = 100, Seed = 7, MaxLengthConstant = 1 };
        // The first token depends on nothing that was drawn: one distribution for all draws, with the same table for all inputs.
        var table = network with { Change = (_, _, _) => network.Logits([], []) };
        var counts = new int[Vocabulary];
        foreach (var h in table.Decode(ToyNetwork.Inputs(draws / 100), options).SelectMany(found => found)) counts[h.Finished
            ? SpecialTokens.End : Assert.Single(h.Ids)]++;

        var expected = Distribution(network.LogProbabilities([], []), temperature, topK, topP);
        Assert.Equal(draws, counts.Sum());
        for (var id = 0; id < Vocabulary; id++)
        {
            // Five standard deviations: the fixed seed is one of 20,000 that would all have to be unlucky for a right distribution to fail.
            var bound = 5 * Math.Sqrt(draws * expected[id] * (1 - expected[id]));
            Assert.InRange(counts[id], draws * expected[id] - bound, draws * expected[id] + bound);
        }
    }

    [Fact]
    public void Top_p_looks_beyond_the_first_candidates_where_probability_is_spread_out()
    {
        // 300 tokens of nearly the same probability: 0.9 of it takes about 270 of them, and 128 are looked at first.
        var network = new ToyNetwork(303, 1) { Change = (_, _, logits) => logits.Select((_, id) => id / 1e4f).ToArray() };
        var tokens = network.Decode(ToyNetwork.Inputs(10), Draws with { TopP = 0.9, BestCount = 100, MaxLengthConstant = 1 })
            .SelectMany(found => found).Where(h => !h.Finished).Select(h => h.Ids[0]).ToArray();
        var kept = Distribution(network.LogProbabilities([], []), 1, 0, 0.9);
        Assert.All(tokens, id => Assert.True(kept[id] > 0));
        Assert.True(tokens.Distinct().Count() > 230); // of 270, each missed with probability e^-3.7
    }

    [Fact]
    public void What_is_drawn_depends_on_seed_and_input_alone()
        => Gen.Select(Gen.ULong, AnyOptions).Sample((seed, options) =>
        {
            var (network, inputs) = (new ToyNetwork(Vocabulary, seed), ToyNetwork.Inputs(6));
            var together = network.Decode(inputs, options);
            var reversed = network.Decode(inputs.Reverse().ToArray(), options);
            for (var i = 0; i < inputs.Length; i++)
            {
                Outputs.AssertSame(together[i], network.Decode([inputs[i]], options)[0]);
                Outputs.AssertSame(together[i], reversed[inputs.Length - 1 - i]);
            }
        }, iter: 40);

    [Fact]
    public void Draws_of_an_input_differ_and_do_not_depend_on_how_many_there_are()
    {
        var network = new ToyNetwork(50, 1);
        var inputs = ToyNetwork.Inputs(4);
        var all = network.Decode(inputs, Draws with { BestCount = 20 });
        Assert.All(all, draws => Assert.True(draws.Select(Outputs.Text).Distinct().Count() > 15));
        foreach (var (few, many) in network.Decode(inputs, Draws with { BestCount = 5 }).Zip(all)) Assert.Subset(
            many.Select(Outputs.Text).ToHashSet(), few.Select(Outputs.Text).ToHashSet());
    }

    [Fact]
    public void Another_seed_draws_something_else()
    {
        string Text(ulong seed) => string.Join('|',
            new ToyNetwork(50, 1).Decode(ToyNetwork.Inputs(4), Draws with { Seed = seed }).Select(found => Outputs.Text(found[0])));
        Assert.Equal(5, Enumerable.Range(0, 5).Select(seed => Text((ulong)seed)).Distinct().Count());
    }

    [Fact]
    public void Scores_are_the_networks_own_whatever_the_tokens_were_drawn_from()
        => Gen.Select(Gen.ULong, AnyOptions).Sample((seed, options) =>
        {
            var network = new ToyNetwork(Vocabulary, seed);
            var input = ToyNetwork.Inputs(1)[0];
            var found = network.Decode([input], options)[0];
            Assert.Equal(options.BestCount, found.Count);
            Assert.Equal(found.OrderByDescending(h => h.Finished).ThenByDescending(h => h.Score), found);
            foreach (var h in found)
            {
                int[] ids = [.. h.Ids, .. h.Finished ? new[] { SpecialTokens.End } : []];
                var sum = ids.Select((id, i) => network.LogProbabilities(input, ids[..i])[id]).Sum();
                Outputs.AssertSame(sum, h.LogProbability, ids.Length, h.LogProbability);
                Assert.Equal(h.LogProbability / options.Penalty(ids.Length), h.Score);
            }
        }, iter: 40);

    [Fact]
    public void A_token_without_probability_is_never_drawn()
    {
        var network = new ToyNetwork(Vocabulary,
            1) { Change = (_, _, logits) =>
            { for (var id = 4; id < Vocabulary; id++) logits[id] = float.NegativeInfinity; return logits; } };
        foreach (var options in new[] { Draws, Draws with { TopK = 6 }, Draws with { TopP = 0.99 },
            Draws with { Temperature = 0.01 }, Draws with { Temperature = 100 } })
            Assert.All(network.Decode(ToyNetwork.Inputs(20), options with { BestCount = 10 }).SelectMany(found => found)
                .SelectMany(h => h.Ids), id => Assert.Equal(3, id));
    }

    /// <summary>Temperature, then top-k, then top-p, then a sum of 1.</summary>
    private static double[] Distribution(double[] logProbabilities, double temperature, int topK, double topP)
    {
        var weights = logProbabilities.Select((l, id) => id < SpecialTokens.End ? 0 : Math.Exp(l / temperature)).ToArray();
        var order = Enumerable.Range(0, weights.Length).OrderByDescending(id => weights[id])
            .Take(topK == 0 ? weights.Length : topK).ToArray();
        var (total, sum) = (order.Sum(id => weights[id]), 0.0);
        var kept = order.TakeWhile(id => { var isKept = sum < topP * total; sum += weights[id]; return isKept; }).ToHashSet();
        var keptTotal = kept.Sum(id => weights[id]);
        return weights.Select((w, id) => kept.Contains(id) ? w / keptTotal : 0).ToArray();
    }
}
