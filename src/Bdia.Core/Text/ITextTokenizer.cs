namespace Bdia.Core.Text;

/// <summary>Cuts text into tokens and joins tokens to text. Immutable; safe to use from several threads.</summary>
public interface ITextTokenizer
{
    /// <summary>Number of tokens; ids are 0 up to, not including, this.</summary>
    int Size { get; }

    /// <summary>The id that stands for whatever the tokenizer cannot write; null, the default, where it can write any text.</summary>
    int? UnknownId => null;

    /// <summary>
    /// A text as the tokenizer takes it before it cuts it into tokens: case, Unicode form, white space. What a network can write is
    /// compared with references that went through this. The default leaves the text as it is.
    /// </summary>
    /// <param name="text">Any text.</param>
    /// <exception cref="ArgumentNullException">It is null.</exception>
    string Normalize(string text) => text ?? throw new ArgumentNullException(nameof(text));

    /// <summary>
    /// The ids of a text, after the tokenizer's own normalisation; empty for a text of which normalisation leaves nothing.
    /// </summary>
    /// <param name="text">Any text.</param>
    /// <exception cref="ArgumentNullException">It is null.</exception>
    IReadOnlyList<int> Encode(string text);

    /// <summary>The text of ids. Bytes that are no valid UTF-8 become U+FFFD.</summary>
    /// <param name="ids">Ids of this tokenizer.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id is none of this tokenizer's.</exception>
    string Decode(IEnumerable<int> ids);
}
