namespace Bdia.Core.Metrics;

/// <summary>What chrF has to know of a corpus, gathered row by row, so that the corpus need not be held. For one thread at a time.</summary>
public sealed class ChrfStatistics
{
    private const int MaxOrder = 6;
    private const double BetaSquared = 4;

    private readonly CorpusRows _rows = new();
    private readonly Order[] _corpus = new Order[MaxOrder];

    /// <summary>Rows added.</summary>
    public long Rows => _rows.Count;

    /// <summary>Adds a row.</summary>
    /// <param name="hypothesis">The output; may be empty.</param>
    /// <param name="references">Its references, one or more, of which the one counts that the output scores best with; may be empty texts.</param>
    /// <exception cref="ArgumentException">A text is null or there is no reference. Nothing was added.</exception>
    public void Add(string hypothesis, params IReadOnlyList<string> references)
    {
        _rows.Add(hypothesis, references);
        var best = Compare(hypothesis, references).MaxBy(FScore)!; // of equal ones the first
        for (var i = 0; i < MaxOrder; i++)
        {
            _corpus[i].Hypothesis += best[i].Hypothesis;
            _corpus[i].Reference += best[i].Reference;
            _corpus[i].Matches += best[i].Matches;
        }
    }

    /// <summary>chrF of the rows added so far; more may follow.</summary>
    /// <exception cref="InvalidOperationException">No row was added.</exception>
    public ChrfScore Score()
    {
        var signature = _rows.Signature("case:mixed|eff:yes|nc:6|nw:0|space:no");
        return new ChrfScore(FScore(_corpus), signature);
    }

    /// <summary>The output's n-grams against those of each reference.</summary>
    private static Order[][] Compare(string hypothesis, IReadOnlyList<string> references)
    {
        var numbering = new NgramNumbering([Characters(hypothesis), .. references.Select(Characters)]);
        var all = references.Select(_ => new Order[MaxOrder]).ToArray();
        for (var i = 0; i < MaxOrder; i++)
        {
            numbering.Lengthen();
            var counts = numbering.Counts(0);
            for (var r = 0; r < all.Length; r++)
            {
                var inReference = numbering.Ngrams(r + 1);
                // A reference too short for the order says nothing of the output's n-grams: they do not count as wrong.
                all[r][i] = new Order
                {
                    Hypothesis = inReference > 0 ? numbering.Ngrams(0) : 0,
                    Reference = inReference,
                    Matches = NgramNumbering.Matches(counts, numbering.Counts(r + 1)),
                };
            }
        }

        return all;
    }

    /// <summary>F of the mean precision and the mean recall over the orders that both sides have, 0..100.</summary>
    private static double FScore(Order[] orders)
    {
        double precision = 0, recall = 0;
        var effective = 0;
        foreach (var order in orders)
        {
            if (order.Hypothesis == 0 || order.Reference == 0) continue;
            precision += (double)order.Matches / order.Hypothesis;
            recall += (double)order.Matches / order.Reference;
            effective++;
        }

        if (precision + recall == 0) return 0;
        precision /= effective;
        recall /= effective;
        return 100 * ((1 + BetaSquared) * precision * recall / (BetaSquared * precision + recall));
    }

    /// <summary>Code points without white space; a lone surrogate stands for itself.</summary>
    private static int[] Characters(string text)
    {
        var characters = new int[text.Length];
        var count = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (WhiteSpace.Is(text[i])) continue;
            var pair = i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]);
            characters[count++] = pair ? char.ConvertToUtf32(text[i], text[++i]) : text[i];
        }

        return characters[..count];
    }

    /// <summary>N-grams of one order.</summary>
    private struct Order
    {
        public long Hypothesis;
        public long Reference;
        public long Matches;
    }
}
