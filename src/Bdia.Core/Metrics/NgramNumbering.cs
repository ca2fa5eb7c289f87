namespace Bdia.Core.Metrics;

/// <summary>
/// Numbers the n-grams of a few texts, order by order, so that equal n-grams have equal numbers and no n-gram has to be kept or compared as
/// text.
/// </summary>
/// <remarks>
/// An n-gram is known by the number of its first n - 1 symbols and by its last symbol. So each order takes time and memory in proportion
/// to the texts' length, whatever n is, and one order's table serves the next.
/// </remarks>
internal sealed class NgramNumbering(IReadOnlyList<int[]> texts)
{
    private readonly int[][] numbers = [.. texts.Select(text => new int[text.Length])]; // at i: the n-gram that begins there
    private readonly Dictionary<(int Prefix, int Last), int> known = [];

    /// <summary>Symbols of the n-grams now numbered; 0 at first.</summary>
    public int Order { get; private set; }

    /// <summary>Tokens of texts as numbers: the same token of any of the texts has the same.</summary>
    public static List<int[]> Symbols(IEnumerable<IEnumerable<string>> texts)
    {
        var known = new Dictionary<string, int>(StringComparer.Ordinal);
        return [.. texts.Select(text => text.Select(Number).ToArray())];

        int Number(string token)
        {
            if (!known.TryGetValue(token, out var number)) known.Add(token, number = known.Count);
            return number;
        }
    }

    /// <summary>Goes on to the n-grams that are one symbol longer.</summary>
    public void Lengthen()
    {
        Order++;
        known.Clear();
        for (var t = 0; t < texts.Count; t++)
        {
            var text = texts[t];
            var numbers = this.numbers[t];
            for (var i = 0; i < Ngrams(t); i++)
            {
                var ngram = (numbers[i], text[i + Order - 1]);
                if (!known.TryGetValue(ngram, out var number)) known.Add(ngram, number = known.Count);
                numbers[i] = number;
            }
        }
    }

    /// <summary>N-grams that a text has, repeated ones counted as often as they occur.</summary>
    public int Ngrams(int text) => Math.Max(0, texts[text].Length - Order + 1);

    /// <summary>How often a text has each n-gram of any of the texts.</summary>
    public int[] Counts(int text)
    {
        var counts = new int[known.Count];
        foreach (var number in numbers[text].AsSpan(0, Ngrams(text))) counts[number]++;
        return counts;
    }

    /// <summary>N-grams that two counts have in common, each as often as the one that has it less often.</summary>
    public static long Matches(ReadOnlySpan<int> counts, ReadOnlySpan<int> others)
    {
        var matches = 0L;
        for (var i = 0; i < counts.Length; i++) matches += Math.Min(counts[i], others[i]);
        return matches;
    }
}
