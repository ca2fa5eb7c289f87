namespace Bdia.Core.Decoding;

/// <summary>One output of a decoder.</summary>
/// <param name="Ids">The network's ids, without start and end token.</param>
/// <param name="LogProbability">
/// log P(Y) under the network, natural logarithm, end token included where it was written; 0 or less. For sampled outputs too it is the
/// network's own probability, without temperature, top-k and top-p.
/// </param>
/// <param name="Score"><paramref name="LogProbability"/> over the length penalty of <see cref="DecodingOptions.LengthPenalty"/>, for as
/// many tokens as were written, the end token among them.</param>
/// <param name="Finished">Whether the end token was written; false where the longest length cut the output off.</param>
public sealed record Hypothesis(IReadOnlyList<int> Ids, double LogProbability, double Score, bool Finished);
