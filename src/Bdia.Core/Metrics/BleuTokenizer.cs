namespace Bdia.Core.Metrics;

/// <summary>How BLEU cuts texts into tokens: those of sacreBLEU's tokenizers that need no model.</summary>
public enum BleuTokenizer
{
    /// <summary>
    /// "13a", sacreBLEU's default, after NIST's mteval-v13a: words, with ASCII punctuation apart. For languages that part words by spaces.
    /// </summary>
    Mteval13a,

    /// <summary>"zh": Chinese characters and full-width signs each for themselves, the rest as 13a does it.</summary>
    Chinese,

    /// <summary>"intl", after mteval-v14: punctuation and symbols of all scripts apart, punctuation between digits excepted.</summary>
    International,

    /// <summary>"char": each character that is no white space.</summary>
    Character,

    /// <summary>"none": what white space parts, for text that is in tokens already.</summary>
    None,
}
