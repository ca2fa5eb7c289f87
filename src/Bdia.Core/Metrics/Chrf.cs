namespace Bdia.Core.Metrics;

/// <summary>
/// chrF (Popović, 2015) as sacreBLEU computes it: 1- to 6-grams of characters without white space, beta 2, by default case kept and no word
/// n-grams (with those up to 2, chrF++), averaged over the orders that both sides have. Figures are those of sacreBLEU 2.6.0 to the last
/// bits.
/// </summary>
/// <remarks>Characters are Unicode code points: an emoji beyond the basic plane is one, a letter with a combining mark is two.</remarks>
public static class Chrf
{
    /// <summary>chrF of a whole corpus.</summary>
    /// <param name="hypotheses">Outputs.</param>
    /// <param name="references">For each output its references, one or more; where the numbers differ the signature says
    /// <c>nrefs:var</c>.</param>
    /// <param name="options">How; null = sacreBLEU's defaults.</param>
    /// <returns>The score.</returns>
    /// <exception cref="ArgumentException">There is no output, or not one list of references for each, or a list is empty, or a text is
    /// null; or an option is out of range.</exception>
    /// <remarks>Takes time in proportion to the texts' length. <see cref="ChrfStatistics"/> does the same row by row.</remarks>
    public static ChrfScore Corpus(IReadOnlyList<string> hypotheses, IReadOnlyList<IReadOnlyList<string>> references,
        ChrfOptions? options = null)
    {
        CorpusRows.Check(hypotheses, references);
        var statistics = new ChrfStatistics(options);
        for (var row = 0; row < hypotheses.Count; row++) statistics.Add(hypotheses[row], references[row]);
        return statistics.Score();
    }
}
