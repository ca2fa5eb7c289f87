namespace Bdia.Core.Metrics;

/// <summary>A corpus's BLEU and what it is made of.</summary>
/// <param name="Score">0..100.</param>
/// <param name="Precisions">Of 1- to 4-grams, 0..100, smoothed.</param>
/// <param name="BrevityPenalty">0..1.</param>
/// <param name="HypothesisLength">Tokens of the outputs.</param>
/// <param name="ReferenceLength">Tokens of the references, for each output those of the closest length.</param>
/// <param name="Signature">How it was computed, in sacreBLEU's notation.</param>
public sealed record BleuScore(
    double Score, IReadOnlyList<double> Precisions, double BrevityPenalty, long HypothesisLength, long ReferenceLength, string Signature);
