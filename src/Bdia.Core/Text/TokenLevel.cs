namespace Bdia.Core.Text;

/// <summary>
/// What a trained tokenizer's tokens are. At every level, what the vocabulary lacks is written in bytes, so that any text goes through and
/// comes back.
/// </summary>
public enum TokenLevel
{
    /// <summary>
    /// Byte-pair encoding over UTF-8 bytes (Sennrich et al., 2016; Radford et al., 2019): frequent words whole, rare ones in pieces.
    /// </summary>
    BytePair,

    /// <summary>Frequent words and punctuation marks.</summary>
    Word,

    /// <summary>Unicode characters.</summary>
    Character,

    /// <summary>
    /// <see cref="Word"/> where the words that recur make up at least half of the training text, <see cref="BytePair"/> where they do not:
    /// in languages that write no space between words, and where there is little text.
    /// </summary>
    Automatic,
}
