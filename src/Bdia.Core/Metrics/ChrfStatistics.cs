namespace Bdia.Core.Metrics;

/// <summary>
/// What chrF has to know of a corpus, gathered row by row, so that the corpus need not be held. For one thread at a time.
/// </summary>
public sealed class ChrfStatistics
{
    private const int CharacterOrder = 6;
    private const double BetaSquared = 4;

    private readonly ChrfOptions options;
    private readonly CorpusRows rows = new();
    private readonly Order[] corpus;

    /// <summary>No row yet.</summary>
    /// <param name="options">How to compute; null = sacreBLEU's defaults.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public ChrfStatistics(ChrfOptions? options = null)
    {
        this.options = options ?? new ChrfOptions();
        this.options.Validate();
        corpus = new Order[CharacterOrder + this.options.WordOrder];
    }

    /// <summary>Rows added.</summary>
    public long Rows => rows.Count;

    /// <summary>Adds a row.</summary>
    /// <param name="hypothesis">The output; may be empty.</param>
    /// <param name="references">Its references, one or more, of which the one counts that the output scores best with; may be empty
    /// texts.</param>
    /// <exception cref="ArgumentException">A text is null or there is no reference. Nothing was added.</exception>
    public void Add(string hypothesis, params IReadOnlyList<string> references)
    {
        rows.Add(hypothesis, references);
        var best = Compare(hypothesis, references).MaxBy(FScore)!; // of equal ones the first
        for (var i = 0; i < corpus.Length; i++)
        {
            corpus[i].Hypothesis += best[i].Hypothesis;
            corpus[i].Reference += best[i].Reference;
            corpus[i].Matches += best[i].Matches;
        }
    }

    /// <summary>chrF of the rows added so far; more may follow.</summary>
    /// <exception cref="InvalidOperationException">No row was added.</exception>
    public ChrfScore Score()
    {
        var signature = rows.Signature(options.Definition);
        return new ChrfScore(FScore(corpus), signature);
    }

    /// <summary>The output's n-grams against those of each reference: characters, then words.</summary>
    private Order[][] Compare(string hypothesis, IReadOnlyList<string> references)
    {
        string[] texts = [hypothesis, .. references];
        if (options.LowerCase) texts = Array.ConvertAll(texts, LowerCasing.Of);
        var all = references.Select(_ => new Order[corpus.Length]).ToArray();
        Count(new NgramNumbering(Array.ConvertAll(texts, TextCharacters.Of)), all, 0, CharacterOrder);
        if (options.WordOrder > 0) Count(new NgramNumbering(NgramNumbering.Symbols(texts.Select(Words))), all,
            CharacterOrder, options.WordOrder);
        return all;
    }

    private static void Count(NgramNumbering numbering, Order[][] all, int first, int orders)
    {
        for (var i = first; i < first + orders; i++)
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
    }

    /// <summary>
    /// Words, with an ASCII punctuation mark at the end, or else one at the front, as a word of its own; a word of one character is never
    /// cut.
    /// </summary>
    private static IEnumerable<string> Words(string text)
    {
        foreach (var word in WhiteSpace.Split(text))
        {
            var isOneCharacter = word.Length == 1 || (word.Length == 2 && char.IsSurrogatePair(word, 0));
            if (isOneCharacter || !(IsPunctuation(word[^1]) || IsPunctuation(word[0])))
            {
                yield return word;
                continue;
            }

            var cut = IsPunctuation(word[^1]) ? word.Length - 1 : 1;
            yield return word[..cut];
            yield return word[cut..];
        }
    }

    private static bool IsPunctuation(char c) => char.IsAscii(c) && (char.IsPunctuation(c) || char.IsSymbol(c));

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

    /// <summary>N-grams of one order.</summary>
    private struct Order
    {
        public long Hypothesis;
        public long Reference;
        public long Matches;
    }
}
