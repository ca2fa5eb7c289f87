namespace Bdia.Core.Metrics;

/// <summary>chrF (Popović, 2015) as sacreBLEU computes it: character 6-grams, beta 2, no word n-grams.</summary>
public static class Chrf
{
    /// <summary>chrF of a whole corpus.</summary>
    /// <param name="hypotheses">Outputs.</param>
    /// <param name="references">For each output its references, one or more; all outputs the same number.</param>
    public static ChrfScore Corpus(IReadOnlyList<string> hypotheses, IReadOnlyList<IReadOnlyList<string>> references) => throw new NotImplementedException();
}
