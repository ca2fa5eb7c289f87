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
    [InlineData("w0")]
    [InlineData("w0.6")]
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
        Assert.Equal(new IntegrationWeight(1f / 64, 6), schedule.At(0));
        Assert.Equal(new IntegrationWeight(1f / 64, 6), schedule.At(0.499));
        Assert.Equal(new IntegrationWeight(0.5f, 1), schedule.At(0.5));
        Assert.Equal(new IntegrationWeight(0.5f, 1), schedule.At(1));
    }

    [Theory]
    [InlineData("w0,001")]
    [InlineData("w0,5")]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("9")]
    [InlineData("w2")]
    [InlineData("x")]
    [InlineData("1@0.5")]
    [InlineData("1@0@0.5")]
    [InlineData("1@0,2@1.5")]
    [InlineData("1@0,2@0.6,3@0.5")]
    public void What_is_no_schedule_is_refused_with_the_forms_that_are(string text)
        => Assert.Contains("Write an exponent m from 1 to 8", Assert.Throws<FormatException>(() => GammaSchedule.Parse(text)).Message);
}
