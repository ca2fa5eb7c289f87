namespace Bdia.Core.Decoding;

/// <summary>One output of a decoder.</summary>
/// <param name="Ids">The network's ids, without start and end token.</param>
/// <param name="LogProbability">log P(Y), natural logarithm, end token included where it was written.</param>
/// <param name="Score"><paramref name="LogProbability"/> over the length penalty of <see cref="DecodingOptions.LengthPenalty"/>.</param>
/// <param name="Finished">Whether the end token was written; false where the longest length cut the output off.</param>
public sealed record Hypothesis(IReadOnlyList<int> Ids, double LogProbability, double Score, bool Finished);
