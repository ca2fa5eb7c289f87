namespace Bdia.Core.Metrics;

/// <summary>A corpus's chrF.</summary>
/// <param name="Score">0..100.</param>
/// <param name="Signature">How it was computed, in sacreBLEU's notation; its version is the one whose figures these are.</param>
public sealed record ChrfScore(double Score, string Signature);
