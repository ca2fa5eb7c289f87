using System.Text.Json;
using Bdia.Core.Decoding;

namespace Bdia.Core.Tests.Decoding;

public class DecodingOptionsTests
{
    [Fact]
    public void Defaults_are_valid() => new DecodingOptions().Validate();

    [Fact]
    public void All_faults_come_in_one_message()
    {
        var options = new DecodingOptions
        {
            BeamSize = 0, LengthPenalty = double.NaN, BestCount = 101, MaxLengthRatio = -1, MaxLengthConstant = -1,
                Temperature = 0, TopK = -1, TopP = 0, MinLength = -1, NoRepeatNgram = -2, RepetitionPenalty = 0.5, Prefix = null!,
                UnwantedTexts = ["a", ""], StopTexts = [new('x', 20_001)],
        };
        var message = Assert.Throws<ArgumentException>(options.Validate).Message;
        string[] names = ["BeamSize is 0", "LengthPenalty is NaN", "BestCount is 101", "MaxLengthRatio is -1",
            "MaxLengthConstant is -1", "Temperature is 0", "TopK is -1", "TopP is 0", "MinLength is -1", "NoRepeatNgram is -2",
            "RepetitionPenalty is 0.5", "Prefix is null", "UnwantedTexts[1] is empty", "StopTexts is of 20001 characters"];
        Assert.All(names, name => Assert.Contains(name, message, StringComparison.Ordinal));
    }

    [Fact]
    public void A_beam_gives_no_more_hypotheses_than_it_is_wide_while_draws_are_independent_of_it()
    {
        var options = new DecodingOptions { BeamSize = 2, BestCount = 3 };
        Assert.Contains("BestCount is 3; it must be at most BeamSize, 2", Assert.Throws<ArgumentException>(options.Validate).Message,
            StringComparison.Ordinal);
        (options with { Sample = true }).Validate();
    }

    [Fact]
    public void What_only_sampling_heeds_is_refused_without_it()
    {
        var options = new DecodingOptions { Temperature = 0.7, TopK = 40, TopP = 0.9 };
        var message = Assert.Throws<ArgumentException>(options.Validate).Message;
        Assert.All(["Temperature is 0.7", "TopK is 40", "TopP is 0.9"], name => Assert.Contains(
            $"{name}; it must be {(name[0] == 'T' && name.Contains('K', StringComparison.Ordinal) ? 0 : 1)} unless Sample is on",
            message, StringComparison.Ordinal));
        (options with { Sample = true }).Validate();
        Assert.Equal(new DecodingOptions(), (options with { Sample = true }).WithoutSampling());
    }

    [Fact]
    public void Two_are_the_same_where_their_lists_have_the_same_texts()
    {
        DecodingOptions With(params string[] texts) => new() { UnwantedTexts = [.. texts], StopTexts = texts.ToList() };
        Assert.Equal(With("a", "b"), With("a", "b"));
        Assert.Equal(With("a", "b").GetHashCode(), With("a", "b").GetHashCode());
        Assert.NotEqual(With("a", "b"), With("b", "a"));
        Assert.Equal(With("a"), JsonSerializer.Deserialize<DecodingOptions>(JsonSerializer.Serialize(With("a"))));
    }

    [Fact]
    public void The_length_penalty_is_that_of_Wu_et_al()
    {
        Assert.Equal(1, new DecodingOptions { LengthPenalty = 0 }.Penalty(17));
        Assert.Equal(1, new DecodingOptions { LengthPenalty = 0.6 }.Penalty(1));
        Assert.Equal(2.5, new DecodingOptions { LengthPenalty = 1 }.Penalty(10), 12);
        Assert.Equal(4, new DecodingOptions { LengthPenalty = 2 }.Penalty(7), 12);
    }
}
