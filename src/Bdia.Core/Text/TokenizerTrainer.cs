using System.Runtime.InteropServices;
using System.Text;

namespace Bdia.Core.Text;

/// <summary>Counts the words or characters of training text and makes a tokenizer of them.</summary>
internal static class TokenizerTrainer
{
    private const int LinesBetweenLooks = 1024;

    public static ITextTokenizer Train(IEnumerable<string> lines, TokenizerOptions options, CancellationToken cancellation)
    {
        var counts = Count(lines, options, cancellation);
        if (options.Level != TokenLevel.BytePair) return new LookupTextTokenizer(options.Level, MostFrequent(counts, options.VocabularySize), options.Normalization);
        var words = counts.Select(word => KeyValuePair.Create(Encoding.UTF8.GetBytes(word.Key), word.Value)).ToList();
        counts.Clear();
        var (tokens, merges) = BytePairTrainer.Train(words, options.VocabularySize, cancellation);
        var model = new BytePairModel(tokens, [.. merges.Select(pair => (tokens[pair.Left], tokens[pair.Right]))], WordRule.Trained);
        return new BytePairTextTokenizer(model, options.Normalization);
    }

    private static Dictionary<string, long> Count(IEnumerable<string> lines, TokenizerOptions options, CancellationToken cancellation)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        var known = counts.GetAlternateLookup<ReadOnlySpan<char>>();
        long read = 0;
        foreach (var line in lines)
        {
            if (read++ % LinesBetweenLooks == 0) cancellation.ThrowIfCancellationRequested();
            if (line is null) continue;
            foreach (var unit in new TextUnits(options.Level, options.Normalization.Apply(line)))
                CollectionsMarshal.GetValueRefOrAddDefault(known, unit, out _)++;
        }

        if (counts.Count == 0)
            throw new ArgumentException($"None of the {read} lines holds any text once normalised; a tokenizer is trained on at least one character.", nameof(lines));
        return counts;
    }

    // What occurs once is left to the bytes, so that a network that trains on this text meets bytes too.
    private static List<string> MostFrequent(Dictionary<string, long> counts, int size) =>
    [
        .. Enumerable.Range(0, 256).Select(value => ByteAlphabet.Spell([(byte)value])),
        .. counts.Where(unit => unit.Value > 1).OrderByDescending(unit => unit.Value).ThenBy(unit => unit.Key, StringComparer.Ordinal)
            .Select(unit => Encoding.UTF8.GetBytes(unit.Key)).Where(bytes => bytes.Length > 1).Take(size - 256).Select(bytes => ByteAlphabet.Spell(bytes)),
    ];
}
