using System.Globalization;
using System.Text.Json;
using Bdia.Core.Reversible;

namespace Bdia.Core.Tests.Reversible;

public class GammaScheduleTests
{
    [Theory]
    [InlineData("1")]
    [InlineData("8")]
    [InlineData("6@0,1@0.5")]
    [InlineData("1@0,2@0.4,4@0.7,6@0.85")]
    [InlineData("3/8")]
    [InlineData("3/5")]
    [InlineData("1/1")]
    [InlineData("255/256")]
    [InlineData("1..7/8")]
    [InlineData("8@0,3/8@0.25,2..5/6@0.5,1/1@0.75")]
    [InlineData("auto")]
    [InlineData("w0")]
    [InlineData("w0.6")]
    [InlineData("w0.123456789012345")]
    public void Text_reads_back_as_written_also_through_json(string text)
    {
        var schedule = GammaSchedule.Parse(text);
        Assert.Equal(text, schedule.ToString());
        Assert.Equal(schedule, JsonSerializer.Deserialize<GammaSchedule>(JsonSerializer.Serialize(schedule)));
    }

    [Fact]
    public void Text_is_the_same_where_a_comma_is_the_decimal_point()
    {
        var before = CultureInfo.CurrentCulture;
        var comma = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        (comma.NumberFormat.NumberDecimalSeparator, comma.NumberFormat.NumberGroupSeparator) = (",", ".");
        try
        {
            CultureInfo.CurrentCulture = comma;
            Text_reads_back_as_written_also_through_json("6@0,1@0.5");
            Text_reads_back_as_written_also_through_json("w0.6");
            Assert.Equal(1, GammaSchedule.Parse("6@0,1@0.5").At(0.5).PadBits);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void Steps_take_over_at_their_fraction_of_the_run()
    {
        var schedule = GammaSchedule.Parse("6@0,1@0.5");
        Assert.Equal(IntegrationWeight.Exponent(6), schedule.At(0));
        Assert.Equal(IntegrationWeight.Exponent(6), schedule.At(0.499));
        Assert.Equal(IntegrationWeight.Exponent(1), schedule.At(0.5));
        Assert.Equal(IntegrationWeight.Exponent(1), schedule.At(1));
    }

    [Theory]
    [InlineData("1/8", "3")]
    [InlineData("1/2", "1")]
    [InlineData("4/8", "1")]
    [InlineData("6/10", "3/5")]
    [InlineData("8/8", "1/1")]
    [InlineData("2..2/8", "2")]
    public void Ratios_are_reduced_and_those_that_are_a_power_of_two_stand_as_their_exponent(string text, string expected)
        => Assert.Equal(expected, GammaSchedule.Parse(text).ToString());

    [Fact]
    public void Schedules_are_put_together_and_keep_the_most_bits_of_all()
    {
        var schedule = GammaSchedule.Ratio(1, 256).Then(0.5, GammaSchedule.Ratio(3, 8)).Then(0.75, GammaSchedule.Ratios(1, 4, 5));
        Assert.Equal("8@0,3/8@0.5,1..4/5@0.75", schedule.ToString());
        Assert.Equal((8, true), (schedule.LargestPadBits, schedule.IsReversible));
        Assert.Equal(IntegrationWeight.Ratio(3, 3, 8), schedule.At(0.6));
        Assert.Throws<ArgumentException>(() => schedule.Then(0.7, GammaSchedule.Ratio(1, 2)));
        Assert.Throws<ArgumentException>(() => schedule.Then(0.8, GammaSchedule.Automatic));
        Assert.Throws<ArgumentException>(() => GammaSchedule.Automatic.Then(0.8, schedule));
        Assert.Contains("Gamma 8@0,3/8@0.5,1..4/5@0.75, then w0", Assert.Throws<ArgumentException>(
            () => schedule.Then(0.8, GammaSchedule.Weight(0))).Message);
    }

    [Theory]
    [InlineData(0, 0, 1, "q from 1 to 256")]
    [InlineData(257, 1, 1, "q from 1 to 256")]
    [InlineData(8, 9, 1, "p from 1 to 8")]
    [InlineData(8, 5, 6, "from 1 to the largest, 5")]
    public void Ratios_out_of_range_are_refused_with_the_range(int q, int most, int least, string told)
        => Assert.Contains(told, Assert.Throws<ArgumentOutOfRangeException>(() => GammaSchedule.Ratios(least, most, q)).Message);

    [Theory]
    [InlineData("w0,001")]
    [InlineData("w0,5")]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("9")]
    [InlineData("0/8")]
    [InlineData("9/8")]
    [InlineData("-1/2")]
    [InlineData("1/257")]
    [InlineData("1/0")]
    [InlineData("3..1/8")]
    [InlineData("0..1/8")]
    [InlineData("1..9/8")]
    [InlineData("1/")]
    [InlineData("1..2")]
    [InlineData("1,5/8")]
    [InlineData("w0@0.5")]
    [InlineData("w2")]
    [InlineData("x")]
    [InlineData("1@0.5")]
    [InlineData("1@0@0.5")]
    [InlineData("1@0,2@1.5")]
    [InlineData("1@0,2@0.6,3@0.5")]
    public void What_is_no_schedule_is_refused_with_the_forms_that_are(string text)
        => Assert.Contains("Write an exponent m from 1 to 8", Assert.Throws<FormatException>(() => GammaSchedule.Parse(text)).Message);
}
