namespace Bdia.Core.Decoding;

/// <summary>All that <see cref="Decoder"/> knows of a network: what it can read and write, and how it begins to score.</summary>
public interface INextTokenModel
{
    /// <summary>How many ids it has logits for. Those of <see cref="Text.SpecialTokens"/> mean what they say there.</summary>
    int Vocabulary { get; }

    /// <summary>
    /// Tokens of the longest text that it can write, prompt and end token counted and start token not; <see cref="int.MaxValue"/> where
    /// there is no bound.
    /// </summary>
    int LongestText { get; }

    /// <summary>Refuses what it cannot read, before anything is computed.</summary>
    /// <param name="sources">What the outputs are made from, one for each; empty for a network that reads no source.</param>
    /// <exception cref="ArgumentException">A source cannot be read; the message says which, and why.</exception>
    /// <exception cref="InvalidOperationException">The network is in no state to decode.</exception>
    void Check(IReadOnlyList<IReadOnlyList<int>> sources);

    /// <summary>Begins to score, with one empty row for each source, in order.</summary>
    /// <param name="sources">As checked.</param>
    /// <param name="useCache">Whether to keep what was computed of earlier positions.</param>
    /// <returns>A scorer; the caller disposes it.</returns>
    INextTokenScorer Begin(IReadOnlyList<IReadOnlyList<int>> sources, bool useCache);
}
