using System.Text.Json;
using Bdia.Core.Decoding;
using Bdia.Core.Tests.Models;
using Bdia.Core.Text;

namespace Bdia.Core.Tests.Decoding;

/// <summary>Outputs that must be of a given shape, by networks that would write anything.</summary>
public class ShapeTests
{
    private static readonly ITextTokenizer Letters = TextTokenizer.Train(["red green blue, 12 34", "\"name\":\"red\",\"age\":12}"],
        new TokenizerOptions { VocabularySize = 280 }, TestContext.Current.CancellationToken);

    public static TheoryData<DecodingOptions> Ways =>
    [
        new DecodingOptions { BeamSize = 1, MaxLengthConstant = 60 },
        new DecodingOptions { BeamSize = 3, BestCount = 3, MaxLengthConstant = 60 },
        new DecodingOptions { Sample = true, BestCount = 4, MaxLengthConstant = 60, TopP = 0.95 },
    ];

    private static string[] Texts(DecodingOptions options, Func<Hypothesis, bool>? which = null)
    {
        var network = new ToyNetwork(NetworkIds.Vocabulary(Letters), 7);
        var found = ToyNetwork.Decode(new ToyScorer(network, ToyNetwork.Inputs(4)) { Tokenizer = Letters }, options);
        return [.. found.SelectMany(one => one).Where(which ?? (h => h.Finished)).Select(h => WrittenText.Of(Letters, [], options, h))];
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Of_a_list_an_output_is_one(DecodingOptions options)
    {
        string[] list = ["red", "green", "greenish", "blé", "😀"];
        var texts = Texts(options with { OneOf = list }, _ => true);
        Assert.NotEmpty(texts);
        Assert.All(texts, text => Assert.Contains(text, list));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Of_words_an_output_is_made(DecodingOptions options)
    {
        var texts = Texts(options with { OnlyWords = ["red", "green"] });
        Assert.NotEmpty(texts);
        Assert.All(texts, text => Assert.Matches(@"^(red|green)( (red|green))*$", text));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_pattern_is_kept_and_an_output_that_is_cut_off_begins_one(DecodingOptions options)
    {
        var pattern = @"\d{4}-(0[1-9]|1[0-2]): (?:[a-é]+;?){1,3}";
        Assert.All(Texts(options with { Pattern = pattern }), text => Assert.Matches($"^(?:{pattern})$", text));
        var cut = Texts(options with { Pattern = @"\d{4}-\d{4}", MaxLengthRatio = 0, MaxLengthConstant = 3 }, h => !h.Finished);
        Assert.NotEmpty(cut);
        Assert.All(cut, text => Assert.Matches(@"^\d{1,4}(-\d{0,4})?$", text));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_JSON_shape_is_kept(DecodingOptions options)
    {
        const string Shape = """
            { "type": "object", "properties": { "name": { "type": "string", "maxLength": 4 },
              "age": { "type": "string", "pattern": "\\d{1,2}" },
              "tags": { "type": "array", "items": { "enum": ["red", "blue"] }, "maxItems": 2 } } }
            """;
        var texts = Texts(options with { JsonShape = Shape });
        Assert.NotEmpty(texts);
        foreach (var text in texts)
        {
            using var json = JsonDocument.Parse(text);
            Assert.Equal(["name", "age", "tags"], json.RootElement.EnumerateObject().Select(property => property.Name));
            Assert.True(json.RootElement.GetProperty("tags").GetArrayLength() <= 2);
        }
    }

    [Fact]
    public void Log_probabilities_stay_the_networks_own()
    {
        var network = new ToyNetwork(NetworkIds.Vocabulary(Letters), 7);
        var input = ToyNetwork.Inputs(1)[0];
        var options = new DecodingOptions { BeamSize = 3, OneOf = ["red", "green"], MaxLengthConstant = 60 };
        var h = ToyNetwork.Decode(new ToyScorer(network, [input]) { Tokenizer = Letters }, options)[0][0];
        int[] ids = [.. h.Ids, SpecialTokens.End];
        for (var i = 0; i < ids.Length; i++)
            Outputs.AssertSame(network.LogProbabilities(input, ids[..i])[ids[i]], h.TokenLogProbabilities[i], 1, h.LogProbability);
    }

    [Fact]
    public void The_cache_changes_nothing_and_a_prefix_stands_before_the_shape()
    {
        using var model = SmallNetworks.Evaluating(NetworkIds.Vocabulary(Letters));
        var options = new DecodingOptions { BeamSize = 2, Prefix = "red", Pattern = " (green|blue)( \\d+)?", MaxLengthConstant = 20 };
        DecodingInput[] inputs = [new([5, SpecialTokens.End], []), new([6, 7, SpecialTokens.End], [])];
        var (cached, uncached) = (Decoder.Decode(model, inputs, options, Letters, TestContext.Current.CancellationToken),
            Decoder.Decode(model, inputs, options with { UseCache = false }, Letters, TestContext.Current.CancellationToken));
        for (var i = 0; i < inputs.Length; i++)
        {
            Outputs.AssertSame(uncached[i], cached[i], 1e-2); // states are on a coarse grid
            Assert.Matches(@"^red (green|blue)( \d+)?$", WrittenText.Of(Letters, [], options, cached[i][0]));
        }
    }

    [Fact]
    public void Shapes_that_cannot_be_used_or_stand_beside_each_other_are_faults()
    {
        var message = Assert.Throws<ArgumentException>(new DecodingOptions
        {
            OneOf = ["a", ""], Pattern = "(a", JsonShape = "{}", StopTexts = ["b"],
        }.Validate).Message;
        foreach (var fault in new[] { "OneOf[1] is empty", "OneOf and Pattern and JsonShape are given together",
            "StopTexts and OneOf are both given", "Pattern cannot be used: it has '(' without ')'",
            "JsonShape cannot be used: the shape has no 'type'" })
            Assert.Contains(fault, message, StringComparison.Ordinal);
    }
}
