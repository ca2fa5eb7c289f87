namespace Bdia.Core.Decoding;

/// <summary>How a trained network writes its output. The defaults are those of "Attention is all you need" (Vaswani et al., 2017).</summary>
public sealed record DecodingOptions
{
    /// <summary>Hypotheses that are followed at once, 1..100; 1 is greedy decoding. Default 4.</summary>
    public int BeamSize { get; init; } = 4;

    /// <summary>alpha in the score log P(Y) / ((5 + |Y|) / 6)^alpha of Wu et al. (2016), 0..5; |Y| counts the end token. 0 = no normalisation. Default 0.6.</summary>
    public double LengthPenalty { get; init; } = 0.6;

    /// <summary>Hypotheses that are returned for each input, best first, 1..<see cref="BeamSize"/> (when sampling: 1..100 independent draws). Default 1.</summary>
    public int BestCount { get; init; } = 1;

    /// <summary>Longest output in tokens is this times the input's tokens plus <see cref="MaxLengthConstant"/>, 0..100. Default 1.</summary>
    public double MaxLengthRatio { get; init; } = 1;

    /// <summary>See <see cref="MaxLengthRatio"/>, 0..10,000. Default 50.</summary>
    public int MaxLengthConstant { get; init; } = 50;

    /// <summary>Whether tokens are drawn instead of searched for; <see cref="BeamSize"/> then plays no part. Default false.</summary>
    public bool Sample { get; init; }

    /// <summary>Divides the logits before tokens are drawn, above 0, at most 100. Default 1.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Tokens are drawn from this many most probable ones, 0 or more; 0 = from all. Default 0.</summary>
    public int TopK { get; init; }

    /// <summary>Tokens are drawn from the fewest most probable ones whose probabilities sum to at least this, above 0, at most 1. Default 1.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Seed of the draws. What is drawn for an input depends on the seed and the input alone, not on its place in a batch. Default 0.</summary>
    public ulong Seed { get; init; }

    /// <summary>Whether keys and values of earlier positions are kept instead of computed anew. Off is for comparison: slower, same output. Default true.</summary>
    public bool UseCache { get; init; } = true;

    /// <summary>Checks every option.</summary>
    /// <exception cref="ArgumentException">Some are out of range; the message lists all of them.</exception>
    public void Validate() => throw new NotImplementedException();
}
