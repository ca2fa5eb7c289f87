using System.Text.RegularExpressions;

namespace Bdia.Core.Metrics;

/// <summary>
/// The tokenisation "13a" of sacreBLEU, after NIST's mteval-v13a: ASCII punctuation and symbols become tokens of their own, a full stop or
/// comma only where no digit stands on one of its sides, a hyphen only behind a digit. Letters and punctuation beyond ASCII are not parted.
/// </summary>
/// <remarks>
/// Its rules are applied one after the other to the whole text, and a rule does not look again at a character that it has just used, so
/// that ".,5" becomes ". ,5". A rule for any character but a digit may as well match half a surrogate pair, since the other half is neither
/// punctuation nor digit.
/// </remarks>
internal static partial class Tokenizer13a
{
    /// <summary>The tokens of a text.</summary>
    public static IReadOnlyList<string> Tokenize(string text)
    {
        var line = WhiteSpace.TrimEnd(text).ToString()
            .Replace("<skipped>", "", StringComparison.Ordinal)
            .Replace("-\n", "", StringComparison.Ordinal) // a word divided at a line's end
            .Replace('\n', ' ');
        // One after the other on purpose: "&amp;lt;" ends as "<".
        line = line.Replace("&quot;", "\"", StringComparison.Ordinal)
            .Replace("&amp;", "&", StringComparison.Ordinal)
            .Replace("&lt;", "<", StringComparison.Ordinal)
            .Replace("&gt;", ">", StringComparison.Ordinal);

        return ByRules($" {line} ");
    }

    /// <summary>The tokens of a text by the rules for punctuation alone.</summary>
    internal static IReadOnlyList<string> ByRules(string line)
    {
        line = Symbol().Replace(line, " $0 ");
        line = StopBehindNoDigit().Replace(line, "$1 $2 ");
        line = StopBeforeNoDigit().Replace(line, " $1 $2");
        line = HyphenBehindDigit().Replace(line, "$1 - ");
        return WhiteSpace.Split(line);
    }

    [GeneratedRegex("[ -&(-+/:-@[-`{-~]", RegexOptions.CultureInvariant)] // printable ASCII but letters, digits and ' , - .
    private static partial Regex Symbol();

    [GeneratedRegex("([^0-9])([,.])", RegexOptions.CultureInvariant)]
    private static partial Regex StopBehindNoDigit();

    [GeneratedRegex("([,.])([^0-9])", RegexOptions.CultureInvariant)]
    private static partial Regex StopBeforeNoDigit();

    [GeneratedRegex("([0-9])-", RegexOptions.CultureInvariant)]
    private static partial Regex HyphenBehindDigit();
}
