namespace Bdia.Core.Decoding;

/// <summary>One output of a decoder.</summary>
/// <param name="Ids">The network's ids, without start and end token; the tokens of a stop text are among them.</param>
/// <param name="LogProbability">
/// log P(Y) under the network, natural logarithm, end token included where it was written; 0 or less. For sampled outputs too it is the
/// network's own probability, without temperature, top-k and top-p, and it does not change where rules forbid other tokens; a
/// <see cref="DecodingOptions.RepetitionPenalty"/> does change it.
/// </param>
/// <param name="Score"><paramref name="LogProbability"/> over the length penalty of <see cref="DecodingOptions.LengthPenalty"/>, for as
/// many tokens as were written, the end token among them.</param>
/// <param name="Finished">Whether the end token was written, or one of <see cref="DecodingOptions.StopTexts"/>; false where the longest
/// length cut the output off, or where rules left no token to go on with.</param>
public sealed record Hypothesis(IReadOnlyList<int> Ids, double LogProbability, double Score, bool Finished)
{
    /// <summary>
    /// log P of each token behind those before it, of which <see cref="LogProbability"/> is the sum, up to rounding: one for each of
    /// <see cref="Ids"/>, and a last one for the end token where it was written.
    /// </summary>
    public IReadOnlyList<double> TokenLogProbabilities { get; init; } = [];
}
