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
                Temperature = 0, TopK = -1, TopP = 0,
        };
        var message = Assert.Throws<ArgumentException>(options.Validate).Message;
        string[] names = ["BeamSize is 0", "LengthPenalty is NaN", "BestCount is 101", "MaxLengthRatio is -1",
            "MaxLengthConstant is -1", "Temperature is 0", "TopK is -1", "TopP is 0"];
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
    public void The_length_penalty_is_that_of_Wu_et_al()
    {
        Assert.Equal(1, new DecodingOptions { LengthPenalty = 0 }.Penalty(17));
        Assert.Equal(1, new DecodingOptions { LengthPenalty = 0.6 }.Penalty(1));
        Assert.Equal(2.5, new DecodingOptions { LengthPenalty = 1 }.Penalty(10), 12);
        Assert.Equal(4, new DecodingOptions { LengthPenalty = 2 }.Penalty(7), 12);
    }
}
