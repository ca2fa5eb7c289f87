using System.CommandLine;
using System.Globalization;

namespace Bdia.Samples.Common.Options;

/// <summary>Kinds of option, and what a wrong value gets to hear: which option, what it was, what it may be.</summary>
internal static class OptionKinds
{
    public static Option<string?> Text(string name, string value, string description, params string[] aliases)
        => new(name, aliases) { HelpName = value, Description = description };

    public static Option<bool> Switch(string name, string description) => new(name) { Description = description };

    public static Option<int?> Count(string name, string description, int least = 1) =>
        Parsed<int?>(name, "N", description,
            text => int.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) is var value
            && value >= least ? value : throw new FormatException(), $"a whole number, {least} or more");

    public static Option<double?> Number(string name, string description, Func<double, bool> inRange, string range) =>
        Parsed<double?>(name, "X", description, text => Decimal(text) is var value && inRange(value) ? value
            : throw new FormatException(), range);

    /// <summary>
    /// A number with a decimal point, on every machine: left to the machine's language, 0,001 would be 1 on one and 0.001 on another.
    /// </summary>
    public static double Decimal(string text) => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);

    public static Option<T?> Choice<T>(string name, string description) where T : struct, Enum
    {
        var names = Enum.GetNames<T>();
        return Parsed<T?>(name, string.Join('|', names), description,
            text => Enum.Parse<T>(names.FirstOrDefault(known => known.Equals(text, StringComparison.OrdinalIgnoreCase))
                ?? throw new FormatException()), string.Join(", ", names));
    }

    public static Option<T?> Parsed<T>(string name, string value, string description, Func<string, T> parse, string accepted) => new(name)
    {
        HelpName = value,
        Description = description,
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            try
            {
                return parse(text);
            }
            catch (Exception fault) when (fault is FormatException or OverflowException or ArgumentException)
            {
                result.AddError($"{name} is {text}; give {accepted}.{DecimalComma(text)}");
                return default;
            }
        },
    };

    private static string DecimalComma(string text) =>
        text.Count(letter => letter == ',') == 1
            && double.TryParse(text.Replace(',', '.'), NumberStyles.Float, CultureInfo.InvariantCulture, out _)
            ? $" Decimals are written with a point: {text.Replace(',', '.')}." : "";
}
