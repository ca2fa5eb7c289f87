using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Bdia.Tool.CommandLine;

/// <summary>Kinds of option, and what a wrong value gets to hear: which option, what it was, what it may be.</summary>
internal static partial class OptionKinds
{
    public static Option<string?> Text(string name, string value, string description, params string[] aliases)
        => new(name, aliases) { HelpName = value, Description = description };

    public static Option<bool> Switch(string name, string description) => new(name) { Description = description };

    public static Option<int?> Count(string name, string description, int least = 1) => Parsed<int?>(name, "N", description,
        text => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= least
            ? value : null, $"a whole number, {least} or more");

    /// <summary>A size such as 2GB, 500MB or 800000000.</summary>
    public static Option<long?> Size(string name, string description) => Parsed<long?>(name, "SIZE", description, text =>
        SizePattern().Match(text) is { Success: true } match
            && double.TryParse(match.Groups[1].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number > 0
            ? (long)(number * match.Groups[2].Value.ToUpperInvariant() switch { "G" => 1L << 30, "M" => 1L << 20, "K" => 1L << 10, _ => 1 })
            : null, "a size such as 2GB or 500MB");

    public static Option<T> Choice<T>(string name, string description, T otherwise, params string[] aliases) where T : struct, Enum
        => new(name, aliases)
        {
            HelpName = Names<T>("|"), Description = description, DefaultValueFactory = _ => otherwise,
            CustomParser = result => Chosen<T>(name, result) ?? default,
        };

    /// <summary>One of some names, or none.</summary>
    public static Option<T?> Choice<T>(string name, string description) where T : struct, Enum => new(name)
    {
        HelpName = Names<T>("|"), Description = description, CustomParser = result => Chosen<T>(name, result),
    };

    private static T? Chosen<T>(string name, ArgumentResult result) where T : struct, Enum
    {
        var text = result.Tokens[0].Value;
        // A beginning that only one of them has will do: q for Quiet, as the mlnet command line has it.
        var found = Enum.GetNames<T>().Where(known => known.StartsWith(text, StringComparison.OrdinalIgnoreCase)).ToArray();
        if (text.Length > 0 && found.Length == 1) return Enum.Parse<T>(found[0]);
        result.AddError($"{name} is {text}; give one of {Names<T>(", ")}.");
        return null;
    }

    private static string Names<T>(string between) where T : struct, Enum => string.Join(between, Enum.GetNames<T>());

    private static Option<T?> Parsed<T>(string name, string value, string description, Func<string, T?> parse, string accepted) => new(name)
    {
        HelpName = value,
        Description = description,
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (parse(text) is { } parsed) return parsed;
            result.AddError($"{name} is {text}; give {accepted}.");
            return default;
        },
    };

    [GeneratedRegex(@"^([0-9.]+)\s*([KMG]?)i?B?$", RegexOptions.IgnoreCase)]
    private static partial Regex SizePattern();
}
