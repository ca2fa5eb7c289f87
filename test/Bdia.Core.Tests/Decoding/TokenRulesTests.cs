using Bdia.Core.Decoding;
using Bdia.Core.Tests.Models;
using Bdia.Core.Text;
using CsCheck;

namespace Bdia.Core.Tests.Decoding;

/// <summary>What an output must or must not have, held to rules that look at whole texts.</summary>
public class TokenRulesTests
{
    private static readonly Gen<DecodingOptions> AnyRules = Gen.Select(Gen.Int[1, 4], Gen.Int[0, 4], Gen.Int[0, 3],
            Gen.OneOf<double>(1, 1.2, 3), Gen.Int[1, 7])
        .Select((beam, least, ngram, penalty, longest) => new DecodingOptions
        {
            BeamSize = beam, BestCount = (beam + 1) / 2, MinLength = least, NoRepeatNgram = ngram, RepetitionPenalty = penalty,
            MaxLengthRatio = 0, MaxLengthConstant = longest,
        });

    private static readonly Gen<ToyNetwork> AnyNetwork = Gen.Select(Gen.Int[5, 9], Gen.ULong, Gen.Int[0, 3], Gen.OneOf(-2f, 0f, 2f))
        .Select((vocabulary, seed, levels, end) => new ToyNetwork(vocabulary, seed, levels, end));

    // Bytes, and merges of the two letters and the space that the network below writes.
    private static readonly ITextTokenizer Letters = TextTokenizer.Train(["ab ba ab ba abba ab", "é é é"],
        new TokenizerOptions { VocabularySize = 270 }, TestContext.Current.CancellationToken);

    private static readonly int[] Writable = [.. Enumerable.Range(0, Letters.Size)
        .Where(id => Letters.Decode([id]) is var text && text.All(c => c is 'a' or 'b' or ' '))];

    private static readonly Gen<string> AnyText = Gen.OneOf<string>("a", "b", " ").Array[1, 3].Select(string.Concat);

    private static ToyNetwork Writing(ulong seed) => new(NetworkIds.Vocabulary(Letters), seed)
    {
        Change = (_, _, logits) => [.. logits.Select((logit, id) => id == SpecialTokens.End || Writable.Contains(id - SpecialTokens.Count)
            ? logit : float.NegativeInfinity)],
    };

    [Fact]
    public void A_beam_finds_what_a_plain_search_finds_that_looks_at_whole_texts()
        => Gen.Select(AnyNetwork, AnyRules, Gen.Int[0, 3].Array[1, 4], Gen.ULong[0, 1000]).Sample((network, options, lengths, seed) =>
        {
            var (inputs, prompts) = (ToyNetwork.Inputs(lengths.Length), network.Prompts(lengths, seed));
            var found = ToyNetwork.Decode(new ToyScorer(network, inputs) { Prompts = prompts }, options);
            for (var i = 0; i < inputs.Length; i++)
                Outputs.AssertSame(PlainSearch.Beam(network.Behind(prompts[i]), inputs[i], options,
                    new PlainRules(options, null, prompts[i])), found[i]);
        }, iter: 300);

    [Fact]
    public void It_does_where_texts_are_unwanted_or_end_an_output_whichever_tokens_they_are_made_of()
        => Gen.Select(Gen.ULong, AnyRules, AnyText.Array[0, 2], AnyText.Array[0, 2], Gen.Int[0, 3].Array[1, 3])
            .Sample((seed, options, unwanted, stops, lengths) =>
        {
            options = options with { UnwantedTexts = unwanted, StopTexts = stops };
            var (network, inputs) = (Writing(seed), ToyNetwork.Inputs(lengths.Length));
            int[][] prompts = [.. lengths.Select(length => Writable.Skip(length).Take(length)
                .Select(id => id + SpecialTokens.Count).ToArray())];
            var found = ToyNetwork.Decode(new ToyScorer(network, inputs) { Prompts = prompts, Tokenizer = Letters }, options);
            for (var i = 0; i < inputs.Length; i++)
                Outputs.AssertSame(PlainSearch.Beam(network.Behind(prompts[i]), inputs[i], options,
                    new PlainRules(options, Letters, prompts[i])), found[i]);
        }, iter: 100);

    [Fact]
    public void Draws_keep_the_rules_and_have_the_networks_own_probabilities_token_by_token()
        => Gen.Select(Gen.ULong, AnyRules, AnyText.Array[0, 2], AnyText.Array[0, 1]).Sample((seed, options, unwanted, stops) =>
        {
            options = options with
            {
                Sample = true, BestCount = 5, TopK = (int)(seed % 4), TopP = seed % 3 == 0 ? 0.8 : 1, UnwantedTexts = unwanted,
                StopTexts = stops, Seed = seed,
            };
            var (network, inputs) = (Writing(seed), ToyNetwork.Inputs(2));
            var rules = new PlainRules(options, Letters);
            var found = ToyNetwork.Decode(new ToyScorer(network, inputs) { Tokenizer = Letters }, options);
            for (var i = 0; i < inputs.Length; i++)
            {
                Assert.Equal(5, found[i].Count);
                foreach (var h in found[i]) AssertKept(rules, network, inputs[i], h);
            }
        }, iter: 60);

    [Fact]
    public void Log_probabilities_of_tokens_add_up_to_that_of_the_output()
        => Gen.Select(AnyNetwork, AnyRules).Sample((network, options) =>
        {
            var input = ToyNetwork.Inputs(1)[0];
            foreach (var h in network.Decode([input], options)[0])
            {
                Assert.Equal(h.Ids.Count + (h.Finished ? 1 : 0), h.TokenLogProbabilities.Count);
                Outputs.AssertSame(h.LogProbability, h.TokenLogProbabilities.Sum(), h.TokenLogProbabilities.Count, h.LogProbability);
            }
        }, iter: 60);

    [Fact]
    public void Where_no_token_is_left_an_output_is_cut_off_there()
    {
        // Two tokens and the end: without repetition there is nothing behind the second.
        var network = new ToyNetwork(5, 1, EndBias: -90);
        foreach (var options in new DecodingOptions[] { new() { BeamSize = 1 }, new() { BeamSize = 3 }, new() { Sample = true } })
        {
            var found = Assert.Single(network.Decode([[2]], options with { NoRepeatNgram = 1, MinLength = 9 })[0]);
            Assert.Equal((2, false), (found.Ids.Count, found.Finished));
        }

        var none = new DecodingOptions { UnwantedTexts = ["a", "b", " "], MinLength = 1, BeamSize = 2 };
        foreach (var options in new[] { none, none with { Sample = true } })
        {
            var empty = Assert.Single(ToyNetwork.Decode(new ToyScorer(Writing(1), [[2]]) { Tokenizer = Letters }, options)[0]);
            Assert.Equal((0, false, 0.0), (empty.Ids.Count, empty.Finished, empty.Score));
        }
    }

    [Fact]
    public void Options_about_texts_need_the_tokenizer_of_the_network()
    {
        using var model = SmallNetworks.Evaluating(NetworkIds.Vocabulary(Letters));
        var input = new DecodingInput([SpecialTokens.End], []);
        void Refused(string words, DecodingOptions options, ITextTokenizer? tokenizer) => Assert.Contains(words,
            Assert.Throws<ArgumentException>(
                () => Decoder.Decode(model, [input], options, tokenizer, TestContext.Current.CancellationToken)).Message,
            StringComparison.Ordinal);

        Refused("which only a tokenizer knows", new() { UnwantedTexts = ["a"] }, null);
        Refused("which only a tokenizer knows", new() { StopTexts = ["a"] }, null);
        Refused("which only a tokenizer knows", new() { Prefix = "a" }, null);
        Refused("give the tokenizer that it was trained with",
            new(), TextTokenizer.Train(["other"], new(), TestContext.Current.CancellationToken));
        var prefixed = Decoder.Decode(model, [input], new() { Prefix = "ab ba" }, Letters, TestContext.Current.CancellationToken)[0][0];
        var prompted = Decoder.Decode(model, [input with { Prompt = NetworkIds.Of(Letters, "ab ba")[..^1] }], new(),
            TestContext.Current.CancellationToken)[0][0];
        Assert.Equal(prompted.Ids, prefixed.Ids);
        Assert.StartsWith("ab ba", WrittenText.Of(Letters, [], new() { Prefix = "ab ba" }, prefixed), StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_ends_before_its_stop_text()
    {
        int[] ids = [.. NetworkIds.Of(Letters, "ab ba abba")[..^1]];
        Assert.Equal("ab ", WrittenText.Of(Letters, [], new() { StopTexts = ["abba", "ba"] }, new(ids, 0, 0, true)));
        Assert.Equal("abab ", WrittenText.Of(Letters, [], new() { Prefix = "ab", StopTexts = ["ba"] }, new(ids, 0, 0, true)));
    }

    private static void AssertKept(PlainRules rules, ToyNetwork network, int[] input, Hypothesis h)
    {
        int[] ids = [.. h.Ids, .. h.TokenLogProbabilities.Count > h.Ids.Count ? new[] { SpecialTokens.End } : []];
        var own = rules.Penalised(network);
        for (var i = 0; i < ids.Length; i++)
        {
            Assert.True(rules.Permits(ids[..i], ids[i]));
            Assert.Equal(i == ids.Length - 1 && h.Finished, rules.Ends(ids[..i], ids[i]));
            Outputs.AssertSame(own.LogProbabilities(input, ids[..i])[ids[i]], h.TokenLogProbabilities[i], 1, h.LogProbability);
        }

        Assert.Equal(ids.Length, h.TokenLogProbabilities.Count);
    }
}
