using Bdia.Core.Decoding;

namespace Bdia.Core.TextGeneration;

/// <summary>What a generator has written behind a prompt.</summary>
/// <param name="Text">The text, without the prompt.</param>
/// <param name="Score">Length-normalised log-probability, <see cref="Hypothesis.Score"/>.</param>
/// <param name="Finished">Whether the network ended the text itself, or a stop text did; false where the longest length cut it
/// off.</param>
public sealed record Continuation(string Text, double Score, bool Finished)
{
    /// <summary><see cref="Hypothesis.TokenLogProbabilities"/>.</summary>
    public IReadOnlyList<double> TokenLogProbabilities { get; init; } = [];
}
