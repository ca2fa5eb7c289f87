using System.Text.RegularExpressions;
using Microsoft.ML.Tokenizers;

namespace Bdia.Core.Text;

/// <summary>
/// Cuts a text into the words that tokens never cross; together they are the whole text, and a word takes the space before it. Words are
/// cut at a length, because BpeTokenizer's time grows with the square of a word's.
/// </summary>
internal static partial class WordSplitter
{
    // Differs from GPT-2's in two points: a mark (accent, vowel sign) stays with the letter before it, and words are cut after 256
    // characters. A surrogate pair is one character; single surrogates only come from text that was not normalised.
    internal const string TrainedPattern =
        """'(?:[sdmt]|ll|ve|re)| ?\p{L}[\p{L}\p{M}]{0,255}| ?\p{N}{1,256}"""
        + """| ?(?:[\ud800-\udbff][\udc00-\udfff]|[^\s\p{L}\p{N}\ud800-\udfff]){1,256}|\s{1,256}(?!\S)|\s|[\ud800-\udfff]""";

    // As above, with each digit a word.
    internal const string SplitDigitsPattern =
        """'(?:[sdmt]|ll|ve|re)| ?\p{L}[\p{L}\p{M}]{0,255}|\p{N}"""
        + """| ?(?:[\ud800-\udbff][\udc00-\udfff]|[^\s\p{L}\p{N}\ud800-\udfff]){1,256}|\s{1,256}(?!\S)|\s|[\ud800-\udfff]""";

    // GPT-2's, for vocabularies made with it, cut after 1000 characters.
    private const string Gpt2Pattern =
        """'(?:[sdmt]|ll|ve|re)| ?\p{L}{1,1000}| ?\p{N}{1,1000}"""
        + """| ?(?:[\ud800-\udbff][\udc00-\udfff]|[^\s\p{L}\p{N}\ud800-\udfff]){1,1000}|\s{1,1000}(?!\S)|\s|[\ud800-\udfff]""";

    /// <summary>What cuts text by a rule, for BpeTokenizer.</summary>
    public static PreTokenizer PreTokenizer(WordRule rule)
        => rule == WordRule.Gpt2Characters ? new Gpt2Words() : new RegexPreTokenizer(Expression(rule), null);

    /// <summary>The expression of a rule that has one.</summary>
    public static Regex Expression(WordRule rule) => rule switch
    {
        WordRule.Gpt2 => Gpt2(),
        WordRule.TrainedSplitDigits => SplitDigits(),
        _ => Trained(),
    };

    [GeneratedRegex(TrainedPattern, RegexOptions.CultureInvariant)]
    private static partial Regex Trained();

    [GeneratedRegex(SplitDigitsPattern, RegexOptions.CultureInvariant)]
    private static partial Regex SplitDigits();

    [GeneratedRegex(Gpt2Pattern, RegexOptions.CultureInvariant)]
    private static partial Regex Gpt2();
}
