namespace Bdia.Core.Metrics;

/// <summary>
/// What BLEU has to know of a corpus, gathered row by row, so that the corpus need not be held. For one thread at a time.
/// </summary>
public sealed class BleuStatistics
{
    private const int MaxOrder = 4;

    private readonly BleuOptions options;
    private readonly Func<string, IReadOnlyList<string>> cut;
    private readonly CorpusRows rows = new();
    private readonly long[] matches = new long[MaxOrder];
    private readonly long[] ngrams = new long[MaxOrder];
    private long hypothesisLength;
    private long referenceLength;

    /// <summary>No row yet.</summary>
    /// <param name="options">How to compute; null = sacreBLEU's defaults.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public BleuStatistics(BleuOptions? options = null)
    {
        this.options = options ?? new BleuOptions();
        cut = this.options.Cut;
    }

    /// <summary>Rows added.</summary>
    public long Rows => rows.Count;

    /// <summary>Adds a row.</summary>
    /// <param name="hypothesis">The output; may be empty.</param>
    /// <param name="references">Its references, one or more; may be empty texts.</param>
    /// <exception cref="ArgumentException">A text is null or there is no reference. Nothing was added.</exception>
    public void Add(string hypothesis, params IReadOnlyList<string> references)
    {
        rows.Add(hypothesis, references);
        var texts = Symbols([hypothesis, .. references]);
        var length = texts[0].Length;
        hypothesisLength += length;
        referenceLength += texts.Skip(1).Select(reference => reference.Length).MinBy(l => (Math.Abs(l - length), l));

        var numbering = new NgramNumbering(texts);
        for (var order = 0; order < MaxOrder; order++)
        {
            numbering.Lengthen();
            var most = numbering.Counts(1); // an n-gram may match as often as the reference has it that has it most often
            for (var t = 2; t < texts.Count; t++) RaiseTo(most, numbering.Counts(t));
            ngrams[order] += numbering.Ngrams(0);
            matches[order] += NgramNumbering.Matches(numbering.Counts(0), most);
        }
    }

    /// <summary>BLEU of the rows added so far; more may follow.</summary>
    /// <exception cref="InvalidOperationException">No row was added.</exception>
    public BleuScore Score()
    {
        var signature = rows.Signature(options.Definition);
        var penalty = hypothesisLength >= referenceLength ? 1
            : hypothesisLength == 0 ? 0
            : Math.Exp(1 - referenceLength / (double)hypothesisLength);
        var precisions = Precisions();
        var score = precisions.Contains(0) ? 0 : penalty * Math.Exp(precisions.Sum(Math.Log) / MaxOrder);
        return new BleuScore(score, precisions, penalty, hypothesisLength, referenceLength, signature);
    }

    /// <summary>Percentages; 0 for orders that the outputs are too short for, and for all where nothing matches.</summary>
    private double[] Precisions()
    {
        var precisions = new double[MaxOrder];
        if (matches.All(m => m == 0)) return precisions;
        var smoothing = 1.0;
        for (var i = 0; i < MaxOrder && ngrams[i] > 0; i++)
        {
            precisions[i] = matches[i] > 0 ? 100.0 * matches[i] / ngrams[i] : 100 / ((smoothing *= 2) * ngrams[i]);
        }

        return precisions;
    }

    /// <summary>Tokens as numbers: the same token of any of the texts has the same.</summary>
    private List<int[]> Symbols(IEnumerable<string> texts) =>
        NgramNumbering.Symbols(texts.Select(text => cut(options.LowerCase ? LowerCasing.Of(text) : text)));

    private static void RaiseTo(int[] counts, int[] others)
    {
        for (var i = 0; i < counts.Length; i++) counts[i] = Math.Max(counts[i], others[i]);
    }
}
