using Bdia.Core.Common;

namespace Bdia.Core.Decoding;

/// <summary>
/// How a trained network writes its output. The defaults are those of "Attention is all you need" (Vaswani et al., 2017).
/// </summary>
/// <remarks>
/// <para>
/// A hypothesis Y of |Y| tokens, its end token counted, has the score log P(Y) / lp(Y) with lp(Y) = ((5 + |Y|) / 6)^alpha, the length
/// normalisation of Wu et al., "Google's Neural Machine Translation System" (2016), equation 14, without its coverage term; alpha is
/// <see cref="LengthPenalty"/>.
/// </para>
/// <para>
/// Beam search. In each step every live hypothesis of an input is extended by every token, and the <see cref="BeamSize"/> extensions with
/// the greatest log P are kept: those that end are finished, the others live on. Of equal extensions that of the earlier hypothesis comes
/// first, then that with the lower id. The search for an input ends as soon as it has <see cref="BestCount"/> finished hypotheses of which
/// the worst scores at least log P(Y) / lp(longest output) for the most probable live Y: no continuation can score more, for log P only
/// falls and lp only grows. What is returned is therefore what a search up to the longest output would return. There, live hypotheses are
/// cut off; they come behind all finished ones.
/// </para>
/// </remarks>
public sealed partial record DecodingOptions
{
    /// <summary>What <see cref="MaxLengthConstant"/> is at least where it is fitted, and where there is nothing to fit it to.</summary>
    internal const int LeastFittedConstant = 50;

    private const int MostConstant = 10_000;

    /// <summary>Hypotheses that are followed at once, 1..100; 1 is greedy decoding. Default 4.</summary>
    public int BeamSize { get; init; } = 4;

    /// <summary>
    /// alpha in the score log P(Y) / ((5 + |Y|) / 6)^alpha of Wu et al. (2016), 0..5; |Y| counts the end token. 0 ranks by probability
    /// alone, which favours short outputs, since every token makes an output less probable; the larger it is, the more long outputs are
    /// favoured. It changes which output of a beam search is the best one, never what greedy decoding or sampling writes. Default 0.6.
    /// </summary>
    public double LengthPenalty { get; init; } = 0.6;

    /// <summary>
    /// Hypotheses that are returned for each input, best first, 1..<see cref="BeamSize"/>; no two of them are the same, and there are fewer
    /// only where the network can write no more. When sampling: 1..100 independent draws, which may coincide. Default 1.
    /// </summary>
    public int BestCount { get; init; } = 1;

    /// <summary>
    /// The longest output in tokens, its end token counted, is this times the input's tokens, its end token counted, rounded down, plus
    /// <see cref="MaxLengthConstant"/>; at least 1, and at most the network's MaxLength where it has learned positions. 0..100. Default 1.
    /// </summary>
    public double MaxLengthRatio { get; init; } = 1;

    /// <summary>
    /// See <see cref="MaxLengthRatio"/>, 0..10,000. Null, the default, is fitted to the training rows of a translator, so that their
    /// targets have room, and is at least 50 (the translator tells it); where there is no translator, 50.
    /// </summary>
    public int? MaxLengthConstant { get; init; }

    /// <summary>Whether tokens are drawn instead of searched for; <see cref="BeamSize"/> then plays no part. Default false.</summary>
    public bool Sample { get; init; }

    /// <summary>
    /// Divides the logits before tokens are drawn, above 0, at most 100: below 1 the probable tokens are drawn more often than the network
    /// holds them for probable, above 1 less often. Needs <see cref="Sample"/>. Default 1.
    /// </summary>
    public double Temperature { get; init; } = 1;

    /// <summary>
    /// Tokens are drawn from this many most probable ones (of equal ones those with lower ids), 0 or more; 0 = from all. Needs
    /// <see cref="Sample"/>. Default 0.
    /// </summary>
    public int TopK { get; init; }

    /// <summary>
    /// Tokens are drawn from the fewest most probable ones whose probabilities, behind <see cref="Temperature"/> and
    /// <see cref="TopK"/>, sum to at least this (nucleus sampling, Holtzman et al., 2020); above 0, at most 1. Needs
    /// <see cref="Sample"/>. Default 1.
    /// </summary>
    public double TopP { get; init; } = 1;

    /// <summary>
    /// Seed of the draws. What is drawn for an input depends on the seed and the input alone, not on its place in a batch. Default 0.
    /// </summary>
    public ulong Seed { get; init; }

    /// <summary>
    /// Whether keys and values of earlier positions are kept instead of computed anew. Off is for comparison: slower, and the same output
    /// up to rounding; it computes in the network's Precision, which training uses, where the cache always computes in float32. Default
    /// true.
    /// </summary>
    public bool UseCache { get; init; } = true;

    /// <summary>
    /// The <see cref="MaxLengthConstant"/> that leaves room for outputs like those of training: a quarter more than the longest needs
    /// beyond its source.
    /// </summary>
    /// <param name="beyond">Most tokens that a target has beyond <see cref="MaxLengthRatio"/> times those of its source, end tokens
    /// counted.</param>
    internal static int FittedConstant(long beyond) => (int)Math.Clamp((5 * beyond + 3) / 4, LeastFittedConstant, MostConstant);

    /// <summary>Rows of a batch that one input takes: hypotheses that are followed at once.</summary>
    internal int RowsPerInput => Sample ? BestCount : BeamSize;

    /// <summary>lp of an output.</summary>
    /// <param name="tokens">|Y|, end token counted, at least 1.</param>
    internal double Penalty(int tokens) => Math.Pow((5.0 + tokens) / 6, LengthPenalty);

    /// <summary>Tokens of the longest output for an input, end tokens counted in both, before the network's own bound.</summary>
    internal int LongestOutput(int inputTokens)
        => Math.Max(1, (int)Math.Min(MaxLengthRatio * inputTokens + (MaxLengthConstant ?? LeastFittedConstant), int.MaxValue));
}
