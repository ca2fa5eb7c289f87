namespace Bdia.Core.Metrics;

/// <summary>A corpus's BLEU and what it is made of.</summary>
/// <param name="Score">0..100; as sacreBLEU's not rounded, so that a perfect match may be 100 but for the last bits.</param>
/// <param name="Precisions">Of 1- to 4-grams, 0..100, smoothed.</param>
/// <param name="BrevityPenalty">0..1; 1 where the outputs are as long as the references or longer.</param>
/// <param name="HypothesisLength">Tokens of the outputs.</param>
/// <param name="ReferenceLength">Tokens of the references, for each output those of the reference closest in length (of two as close, the
/// shorter).</param>
/// <param name="Signature">How it was computed, in sacreBLEU's notation; its version is the one whose figures these are.</param>
public sealed record BleuScore(
    double Score, IReadOnlyList<double> Precisions, double BrevityPenalty, long HypothesisLength, long ReferenceLength, string Signature);
