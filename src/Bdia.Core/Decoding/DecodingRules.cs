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

    /// <summary>Whether some of them are about texts, which only a tokenizer knows.</summary>
    internal bool HasTexts => Prefix.Length > 0 || UnwantedTexts.Count > 0 || StopTexts.Count > 0;
}
