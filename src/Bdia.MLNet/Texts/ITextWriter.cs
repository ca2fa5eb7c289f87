using Bdia.Core.Decoding;
using Bdia.Core.Text;

namespace Bdia.MLNet.Texts;

/// <summary>A network that writes texts, as far as scoring goes.</summary>
internal interface ITextWriter
{
    /// <summary>Tokenizer of what is written.</summary>
    ITextTokenizer TargetTokenizer { get; }

    /// <summary>Tokens of the longest text that is read whole, as <see cref="CountTokens"/> counts them.</summary>
    /// <param name="decoding">How texts are to be written, which may need room.</param>
    int MaxTokens(DecodingOptions decoding);

    /// <summary>Whether it writes where there is nothing to read.</summary>
    bool WritesFromNothing { get; }

    /// <summary>Tokens of a text, at most 1 for a text of which normalisation leaves nothing.</summary>
    int CountTokens(string text);

    /// <summary>
    /// Writes, for each text, the best texts, best first. Of longer texts a part is read. May be called from several threads at once.
    /// </summary>
    IReadOnlyList<IReadOnlyList<TextCandidate>> Write(IReadOnlyList<string> texts, DecodingOptions decoding);
}

/// <summary>One text that a network has written.</summary>
/// <param name="Text">The text.</param>
/// <param name="Score">Its log-probability, normalised by length.</param>
/// <param name="Finished">Whether it was ended, and not cut off.</param>
/// <param name="TokenLogProbabilities">Of each of its tokens, and of the end token.</param>
internal sealed record TextCandidate(string Text, double Score, bool Finished, IReadOnlyList<double> TokenLogProbabilities);
