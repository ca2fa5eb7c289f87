using System.CommandLine;
using System.Globalization;
using Bdia.Samples.Common.Options;

namespace Bdia.Samples.Tests;

/// <summary>Numbers on a command line mean the same on every machine, whatever language it speaks.</summary>
public sealed class OptionKindsTests : IDisposable
{
    private readonly CultureInfo before = CultureInfo.CurrentCulture;

    public void Dispose() => CultureInfo.CurrentCulture = before;

    // Made by hand: the process has no cultures of its own.
    private static void Speak(string separators)
    {
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        (culture.NumberFormat.NumberDecimalSeparator, culture.NumberFormat.NumberGroupSeparator) = (separators[..1], separators[1..]);
        CultureInfo.CurrentCulture = culture;
    }

    private static (double? Value, string Error) Parse(string separators, string text)
    {
        Speak(separators);
        var option = OptionKinds.Number("--rate", "", value => value is >= 0 and <= 10, "a number from 0 to 10");
        var result = new RootCommand { option }.Parse(["--rate", text]);
        return (result.Errors.Count == 0 ? result.GetValue(option) : null, string.Join(" ", result.Errors.Select(error => error.Message)));
    }

    [Theory]
    [InlineData(".,")]
    [InlineData(",.")]
    [InlineData(", ")]
    public void A_decimal_point_is_read_alike_everywhere(string separators)
    {
        Assert.Equal(0.001, Parse(separators, "0.001").Value);
        Assert.Equal(1e-3, Parse(separators, "1e-3").Value);
    }

    [Theory]
    [InlineData(".,", "0,001", "0.001")]
    [InlineData(",.", "0,001", "0.001")]
    [InlineData(".,", "1,5", "1.5")]
    public void A_decimal_comma_is_refused_with_the_option_and_the_way_to_write_it(string separators, string text, string point)
        => Assert.Equal($"--rate is {text}; give a number from 0 to 10. Decimals are written with a point: {point}.",
            Parse(separators, text).Error);

    [Theory]
    [InlineData("1,000,000")]
    [InlineData("NaN")]
    [InlineData("11")]
    [InlineData("")]
    [InlineData("0x1")]
    public void What_is_no_number_in_range_is_refused(string text)
        => Assert.Equal($"--rate is {text}; give a number from 0 to 10.", Parse(".,", text).Error);

    [Theory]
    [InlineData("1,000")]
    [InlineData("1.000")]
    [InlineData(" 5")]
    public void Whole_numbers_have_digits_alone(string text)
    {
        Speak(",.");
        var option = OptionKinds.Count("--epochs", "");

        Assert.Contains($"--epochs is {text}; give a whole number, 1 or more.",
            Assert.Single(new RootCommand { option }.Parse(["--epochs", text]).Errors).Message, StringComparison.Ordinal);
    }
}
