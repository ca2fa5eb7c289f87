namespace Bdia.Core.Text;

/// <summary>
/// Ids that a network knows besides a tokenizer's. A network's id of a token is the tokenizer's id plus <see cref="Count"/>, so that any
/// tokenizer fits, and the special ids are the same for all.
/// </summary>
public static class SpecialTokens
{
    /// <summary>Fills short rows of a batch. Never read: masks leave it out.</summary>
    public const int Padding = 0;

    /// <summary>Stands before the first token that a decoder writes.</summary>
    public const int Start = 1;

    /// <summary>Stands behind the last token, of source and target.</summary>
    public const int End = 2;

    /// <summary>Number of special ids.</summary>
    public const int Count = 3;
}
