using Bdia.Core.Decoding;

namespace Bdia.Core.SequenceToSequence;

/// <summary>One output text.</summary>
/// <param name="Text">The text.</param>
/// <param name="Score">Length-normalised log-probability, <see cref="Hypothesis.Score"/>.</param>
/// <param name="Finished">Whether the network ended the text itself, or a stop text did; false where the longest length cut it
/// off.</param>
public sealed record Translation(string Text, double Score, bool Finished)
{
    /// <summary><see cref="Hypothesis.TokenLogProbabilities"/>; empty for a text of which there was nothing to translate.</summary>
    public IReadOnlyList<double> TokenLogProbabilities { get; init; } = [];

    /// <summary>Whether another has the same text, score and end, and the same log-probabilities one by one.</summary>
    /// <param name="other">The other.</param>
    public bool Equals(Translation? other) => other is not null && (Text, Score, Finished) == (other.Text, other.Score, other.Finished)
        && TokenLogProbabilities.SequenceEqual(other.TokenLogProbabilities);

    /// <summary>Of text, score and end.</summary>
    public override int GetHashCode() => HashCode.Combine(Text, Score, Finished);
}
