namespace Bdia.Core.Metrics;

/// <summary>
/// BLEU (Papineni et al., 2002) as sacreBLEU computes it: 1- to 4-grams of a whole corpus, exponential smoothing, brevity penalty;
/// by default 13a tokenisation, case kept. Figures are those of sacreBLEU 2.6.0 to the last bits.
/// </summary>
/// <remarks>
/// What may surprise, and is sacreBLEU's: a corpus without a single 4-gram scores 0 however well its words match, since no effective order
/// is used; an order that has n-grams, but none that match, is smoothed to 1/2, 1/4, ... of one match; a corpus without a matching word
/// scores 0 with precisions of 0.
/// </remarks>
public static class Bleu
{
    /// <summary>BLEU of a whole corpus.</summary>
    /// <param name="hypotheses">Outputs.</param>
    /// <param name="references">For each output its references, one or more; where the numbers differ the signature says
    /// <c>nrefs:var</c>.</param>
    /// <param name="options">How; null = sacreBLEU's defaults.</param>
    /// <returns>The score and what it is made of.</returns>
    /// <exception cref="ArgumentException">There is no output, or not one list of references for each, or a list is empty, or a text is
    /// null; or an option is out of range.</exception>
    /// <remarks>Takes time in proportion to the texts' length. <see cref="BleuStatistics"/> does the same row by row.</remarks>
    public static BleuScore Corpus(IReadOnlyList<string> hypotheses, IReadOnlyList<IReadOnlyList<string>> references,
        BleuOptions? options = null)
    {
        CorpusRows.Check(hypotheses, references);
        var statistics = new BleuStatistics(options);
        for (var row = 0; row < hypotheses.Count; row++) statistics.Add(hypotheses[row], references[row]);
        return statistics.Score();
    }
}
