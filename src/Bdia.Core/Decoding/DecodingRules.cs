using System.Diagnostics.CodeAnalysis;
using Bdia.Core.Automata;

namespace Bdia.Core.Decoding;

// What an output must or must not have, whatever the network would like to write.
public sealed partial record DecodingOptions
{
    /// <summary>
    /// Tokens that an output has at least, its end token not counted, 0..10,000: up to there it neither ends nor has one of
    /// <see cref="StopTexts"/>. Where the longest output is shorter, it is cut off there. Default 0.
    /// </summary>
    public int MinLength { get; init; }

    /// <summary>
    /// No sequence of so many tokens stands twice in a text, 0..100: 3 is usual; 0 = any may. What the output is to begin with (a prompt,
    /// <see cref="Prefix"/>) belongs to the text, a translation's source does not. Default 0.
    /// </summary>
    public int NoRepeatNgram { get; init; }

    /// <summary>
    /// Makes tokens less probable that the text has already, 1..10: a logit above 0 is divided by this, one below 0 is multiplied by it,
    /// however often the token stands there (Keskar et al., "CTRL", 2019). 1 = off. Probabilities and scores are then those that it leads
    /// to. Default 1.
    /// </summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>
    /// What every output begins with, any text; its probability is no part of the output's, and its tokens are not counted in lengths. The
    /// tokenizer cuts it into tokens by itself, so that it best ends where a word does. Default "".
    /// </summary>
    public string Prefix { get; init; } = "";

    /// <summary>
    /// Texts that are never written, wherever they would stand and whichever tokens they would be made of: none of them empty, 20,000
    /// characters together. They are compared as they are: "cat" also rules out "concatenate" and allows "Cat"; " cat" begins with the
    /// space before a word. Default none.
    /// </summary>
    public IReadOnlyList<string> UnwantedTexts { get; init; } = [];

    /// <summary>
    /// An output ends as soon as it has one of these texts, which is then no part of it: none of them empty, 20,000 characters together.
    /// It is finished as by the network's own end, and the tokens of the stop text count in its score. Default none.
    /// </summary>
    public IReadOnlyList<string> StopTexts { get; init; } = [];

    /// <summary>
    /// The only outputs that there may be: each output is one of these texts, none of them empty, 1,000,000 characters together. Default
    /// none: outputs may be anything.
    /// </summary>
    /// <remarks>
    /// Of this, <see cref="OnlyWords"/>, <see cref="Pattern"/> and <see cref="JsonShape"/> one at most may be given, and
    /// <see cref="StopTexts"/> none beside it. What may be written is told byte by byte, so that it does not matter which tokens a text is
    /// made of; an output that the longest length cuts off is the beginning of such a text, and not finished. Behind a prompt or a
    /// <see cref="Prefix"/>, it holds for what follows.
    /// </remarks>
    public IReadOnlyList<string> OneOf { get; init; } = [];

    /// <summary>
    /// The only words that there may be: an output is one of them or several with a space between, 1,000,000 characters together. Default
    /// none. See <see cref="OneOf"/>.
    /// </summary>
    public IReadOnlyList<string> OnlyWords { get; init; } = [];

    /// <summary>
    /// A regular expression that the whole output fits: characters, ".", classes such as [a-z], groups, "|", and the quantifiers *, +, ?,
    /// {n}, {n,} and {n,m} up to 1,000; \d, \w and \s are ASCII's. Anchors, lookaround, references to groups, lazy quantifiers and Unicode
    /// categories are refused. Null (default) = none. See <see cref="OneOf"/>.
    /// </summary>
    [StringSyntax(StringSyntaxAttribute.Regex)]
    public string? Pattern { get; init; }

    /// <summary>
    /// A JSON Schema that the whole output fits, as JSON without white space. Understood are type (object, array, string, integer, number,
    /// boolean, null), properties, items, minItems, maxItems, minLength, maxLength, pattern, enum, const and anyOf; objects have all of
    /// their properties, in the order given. Anything else is refused. Null (default) = none. See <see cref="OneOf"/>.
    /// </summary>
    /// <remarks>Strings without maxLength, pattern or enum have no end of their own: the longest length may cut them off.</remarks>
    [StringSyntax(StringSyntaxAttribute.Json)]
    public string? JsonShape { get; init; }

    /// <summary>What an output may be at all; null where it may be anything.</summary>
    /// <exception cref="FormatException">It cannot be understood; the message says what, to follow "it".</exception>
    internal Grammar? Shape => OneOf.Count > 0 ? new Grammar.Words(OneOf)
        : OnlyWords.Count > 0 ? new Grammar.Sequence([new Grammar.Words(OnlyWords),
            new Grammar.Repetition(new Grammar.Sequence([Grammar.Text(" "), new Grammar.Words(OnlyWords)]), 0, null)])
        : Pattern is not null ? PatternParser.Parse(Pattern)
        : JsonShape is not null ? JsonShapeParser.Parse(JsonShape) : null;

    /// <summary>Whether what an output may be is told.</summary>
    internal bool HasShape => OneOf.Count > 0 || OnlyWords.Count > 0 || Pattern is not null || JsonShape is not null;

    /// <summary>Whether some of them are about texts, which only a tokenizer knows.</summary>
    internal bool HasTexts => Prefix.Length > 0 || UnwantedTexts.Count > 0 || StopTexts.Count > 0 || HasShape;
}
