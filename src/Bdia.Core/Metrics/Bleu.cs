namespace Bdia.Core.Metrics;

/// <summary>BLEU (Papineni et al., 2002) as sacreBLEU computes it: 13a tokenisation, exponential smoothing, 4-grams.</summary>
public static class Bleu
{
    /// <summary>BLEU of a whole corpus.</summary>
    /// <param name="hypotheses">Outputs.</param>
    /// <param name="references">For each output its references, one or more; all outputs the same number.</param>
    public static BleuScore Corpus(IReadOnlyList<string> hypotheses, IReadOnlyList<IReadOnlyList<string>> references) => throw new NotImplementedException();
}
