namespace Bdia.Core.Text;

/// <summary>How a byte-pair tokenizer cuts text into words before it merges. Saved with it.</summary>
internal enum WordRule
{
    /// <summary>As tokenizers are trained here.</summary>
    Trained,

    /// <summary>As GPT-2 does, by a regular expression, which takes what lies beyond U+FFFF for signs.</summary>
    Gpt2,

    /// <summary>
    /// As tokenizers are trained here where each digit is a token of its own: as <see cref="Trained"/>, but a digit is a word, and so is a
    /// space before it.
    /// </summary>
    TrainedSplitDigits,

    /// <summary>As GPT-2 does, whole characters at a time: <see cref="Gpt2Words"/>.</summary>
    Gpt2Characters,
}
