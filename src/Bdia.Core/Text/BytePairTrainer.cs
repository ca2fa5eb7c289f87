namespace Bdia.Core.Text;

/// <summary>
/// Learns byte-pair merges: as long as there is room, the pair of neighbouring tokens that occurs most often becomes a token. Of pairs that
/// occur equally often, the one whose left token, then whose right token, is older (has the smaller id) comes first, so the same text
/// always gives the same tokens. A pair that occurs once is no token.
/// </summary>
/// <remarks>
/// Counts of pairs, and the words in which each occurs, follow every merge, so that a merge looks at the words it changes alone. Memory
/// grows with distinct words: about 0.7 KB for each of eight letters; the number of lines does not count.
/// </remarks>
internal sealed class BytePairTrainer
{
    private readonly List<string> tokens = [];
    private readonly Dictionary<string, int> ids = [];
    private readonly List<(int Left, int Right)> merges = [];
    private readonly HashSet<(int Left, int Right)> known = [];
    private readonly int[][] words;
    private readonly long[] counts;
    private readonly Dictionary<(int Left, int Right), Pair> pairs = [];
    private readonly PriorityQueue<(int Left, int Right),
        (long Count, int Left, int Right)> queue = new(Comparer<(long Count, int Left, int Right)>.Create(
        (a, b) => a.Count != b.Count ? b.Count.CompareTo(a.Count) : a.Left != b.Left ? a.Left.CompareTo(b.Left)
            : a.Right.CompareTo(b.Right)));

    private BytePairTrainer(IReadOnlyCollection<KeyValuePair<byte[], long>> words)
    {
        for (var value = 0; value < 256; value++) AddToken(ByteAlphabet.Spell([(byte)value]));
        this.words = [.. words.Select(word => Array.ConvertAll(word.Key, value => (int)value))];
        counts = [.. words.Select(word => word.Value)];
    }

    /// <summary>Learns from counted words.</summary>
    /// <param name="words">Distinct words in UTF-8, and how often each occurs. Their order does not matter.</param>
    /// <param name="size">Most tokens, the 256 bytes included.</param>
    /// <returns>The tokens: the bytes, whose id is their value, then what merges make; and the merges, most frequent first.</returns>
    public static (IReadOnlyList<string> Tokens, IReadOnlyList<(int Left, int Right)> Merges) Train(
        IReadOnlyCollection<KeyValuePair<byte[], long>> words, int size, CancellationToken cancellation)
    {
        var trainer = new BytePairTrainer(words);
        trainer.Learn(size, cancellation);
        return (trainer.tokens, trainer.merges);
    }

    private void Learn(int size, CancellationToken cancellation)
    {
        for (var word = 0; word < words.Length; word++) Count(word, counts[word], null, null);
        foreach (var (key, pair) in pairs) Enqueue(key, pair);
        var changed = new HashSet<(int Left, int Right)>();
        while (tokens.Count < size && TakeMostFrequent() is { } best)
        {
            cancellation.ThrowIfCancellationRequested();
            // Two pairs may make the same token ("a" + "bc", "ab" + "c"): both are merges, and it has one id. That may bring a merged pair
            // back.
            if (known.Add(best)) merges.Add(best);
            var merged = AddToken(tokens[best.Left] + tokens[best.Right]);
            changed.Clear();
            foreach (var word in pairs[best].Words) Merge(word, best, merged, changed);
            foreach (var key in changed)
            {
                var pair = pairs[key];
                if (pair.Count == 0) pairs.Remove(key);
                else if (pair.Count > pair.Queued) Enqueue(key, pair);
            }
        }
    }

    private int AddToken(string token)
    {
        if (ids.TryGetValue(token, out var id)) return id;
        ids.Add(token, tokens.Count);
        tokens.Add(token);
        return tokens.Count - 1;
    }

    // The queue may hold counts that have fallen since: such a pair goes back with its count of now.
    private (int Left, int Right)? TakeMostFrequent()
    {
        while (queue.TryDequeue(out var key, out var queued) && queued.Count > 1)
        {
            if (!pairs.TryGetValue(key, out var pair)) continue;
            if (pair.Count == queued.Count) return key;
            if (queued.Count == pair.Queued) Enqueue(key, pair);
        }

        return null;
    }

    private void Enqueue((int Left, int Right) key, Pair pair)
    {
        pair.Queued = pair.Count;
        queue.Enqueue(key, (pair.Count, key.Left, key.Right));
    }

    private void Merge(int word, (int Left, int Right) pair, int merged, HashSet<(int Left, int Right)> changed)
    {
        var symbols = words[word];
        if (!Contains(symbols, pair)) return; // noted twice, or merged away since it was noted
        Count(word, -counts[word], changed, null);
        var length = 0;
        for (var i = 0; i < symbols.Length; i++)
        {
            var found = symbols[i] == pair.Left && i + 1 < symbols.Length && symbols[i + 1] == pair.Right;
            symbols[length++] = found ? merged : symbols[i];
            if (found) i++;
        }

        words[word] = symbols[..length];
        Count(word, counts[word], changed, merged);
    }

    private static bool Contains(int[] symbols, (int Left, int Right) pair)
    {
        for (var i = 0; i + 1 < symbols.Length; i++)
            if (symbols[i] == pair.Left && symbols[i + 1] == pair.Right) return true;
        return false;
    }

    // Words are noted for all pairs at first, and then for those of the token that is new to them: they are noted for the others.
    private void Count(int word, long count, HashSet<(int Left, int Right)>? changed, int? added)
    {
        var symbols = words[word];
        for (var i = 0; i + 1 < symbols.Length; i++)
        {
            var key = (symbols[i], symbols[i + 1]);
            if (!pairs.TryGetValue(key, out var pair)) pairs.Add(key, pair = new Pair());
            pair.Count += count;
            var noted = count < 0 || (added is { } token && key.Item1 != token && key.Item2 != token)
                || (pair.Words.Count > 0 && pair.Words[^1] == word);
            if (!noted) pair.Words.Add(word);
            changed?.Add(key);
        }
    }

    private sealed class Pair
    {
        /// <summary>How often it occurs.</summary>
        public long Count { get; set; }

        /// <summary>The largest count that the queue holds for it.</summary>
        public long Queued { get; set; }

        /// <summary>Words in which it occurs or has occurred.</summary>
        public List<int> Words { get; } = [];
    }
}
