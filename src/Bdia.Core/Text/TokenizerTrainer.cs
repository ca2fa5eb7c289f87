using System.Runtime.InteropServices;
using System.Text;

namespace Bdia.Core.Text;

/// <summary>Counts the words or characters of training text and makes a tokenizer of them.</summary>
internal static class TokenizerTrainer
{
    private const int LinesBetweenLooks = 1024;

    public static ITextTokenizer Train(IEnumerable<string> lines, TokenizerOptions options, CancellationToken cancellation)
    {
        var symbols = options.UserDefinedSymbols.Select(options.Normalization.Apply).ToList();
        var counts = Count(lines, options, symbols, cancellation);
        var rest = Make(counts, options, options.VocabularySize - symbols.Count, cancellation);
        return symbols.Count > 0 ? new SymbolTextTokenizer(rest, symbols) : rest;
    }

    private static ITextTokenizer Make(Dictionary<string, long> counts, TokenizerOptions options, int size, CancellationToken cancellation)
    {
        var level = options.TokenLevel == TokenLevel.Automatic ? Level(counts) : options.TokenLevel;
        if (level != TokenLevel.BytePair)
            return new LookupTextTokenizer(level, MostFrequent(counts, size), options.Normalization, Words(options));
        var words = counts.Select(word => KeyValuePair.Create(Encoding.UTF8.GetBytes(word.Key), word.Value)).ToList();
        counts.Clear();
        var (tokens, merges) = BytePairTrainer.Train(words, size, cancellation);
        var model = new BytePairModel(tokens, [.. merges.Select(pair => (tokens[pair.Left], tokens[pair.Right]))], Words(options));
        return new BytePairTextTokenizer(model, options.Normalization);
    }

    // Words that occur once become no tokens. Numbers and signs recur in every language and say nothing.
    private static TokenLevel Level(Dictionary<string, long> words)
    {
        var (all, recurring) = (0L, 0L);
        foreach (var (word, count) in words)
        {
            if (!word.Any(char.IsLetter)) continue;
            all += count;
            if (count > 1) recurring += count;
        }

        return 2 * recurring >= all ? TokenLevel.Word : TokenLevel.BytePair;
    }

    private static WordRule Words(TokenizerOptions options) => options.SplitDigits ? WordRule.TrainedSplitDigits : WordRule.Trained;

    private static Dictionary<string, long> Count(
        IEnumerable<string> lines, TokenizerOptions options, List<string> symbols, CancellationToken cancellation)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        var known = counts.GetAlternateLookup<ReadOnlySpan<char>>();
        var between = symbols.Count > 0 ? SymbolTextTokenizer.Expression(symbols) : null;
        long read = 0;
        foreach (var line in lines)
        {
            if (read++ % LinesBetweenLooks == 0) cancellation.ThrowIfCancellationRequested();
            if (line is null) continue;
            var text = options.Normalization.Apply(line);
            foreach (var part in between?.Split(text) ?? [text])
                foreach (var unit in new TextUnits(options.TokenLevel, Words(options), part))
                    CollectionsMarshal.GetValueRefOrAddDefault(known, unit, out _)++;
        }

        if (counts.Count == 0)
            throw new ArgumentException($"None of the {read} lines holds any text once normalised; a tokenizer is trained on at least "
                + "one character.", nameof(lines));
        return counts;
    }

    // What occurs once is left to the bytes, so that a network that trains on this text meets bytes too.
    private static List<string> MostFrequent(Dictionary<string, long> counts, int size) =>
    [
        .. Enumerable.Range(0, 256).Select(value => ByteAlphabet.Spell([(byte)value])),
        .. counts.Where(unit => unit.Value > 1).OrderByDescending(unit => unit.Value).ThenBy(unit => unit.Key, StringComparer.Ordinal)
            .Select(unit => Encoding.UTF8.GetBytes(unit.Key)).Where(bytes => bytes.Length > 1).Take(size - 256)
                .Select(bytes => ByteAlphabet.Spell(bytes)),
    ];
}
