using System.Text;
using Bdia.Core.Text;
using CsCheck;

namespace Bdia.Core.Tests.Text;

public class BytePairTrainerTests
{
    private static readonly Gen<KeyValuePair<byte[], long>[]> Words =
        Gen.Select(Gen.Char["abc"].Array[1, 12], Gen.Long[1, 5]).Array[1, 25]
            .Select(words => words.DistinctBy(word => new string(word.Item1))
                .Select(word => KeyValuePair.Create(Encoding.UTF8.GetBytes(word.Item1), word.Item2)).ToArray());

    [Fact]
    public void Merges_are_those_of_counting_all_pairs_anew_for_each() =>
        Gen.Select(Words, Gen.Int[257, 300]).Sample((words, size) =>
        {
            var (tokens, merges) = BytePairTrainer.Train(words, size, default);
            var (expectedTokens, expectedMerges) = Plain(words, size);
            return tokens.SequenceEqual(expectedTokens) && merges.SequenceEqual(expectedMerges);
        });

    [Fact]
    public void The_order_of_words_does_not_matter() =>
        Words.Sample(words => BytePairTrainer.Train(words, 300,
            default).Merges.SequenceEqual(BytePairTrainer.Train([.. words.Reverse()], 300, default).Merges));

    // The definition, without any bookkeeping.
    private static (List<string> Tokens, List<(int Left, int Right)> Merges) Plain(KeyValuePair<byte[], long>[] words, int size)
    {
        var tokens = Enumerable.Range(0, 256).Select(value => ByteAlphabet.Spell([(byte)value])).ToList();
        var merges = new List<(int, int)>();
        var texts = words.Select(word => (Symbols: word.Key.Select(value => (int)value).ToList(), Count: word.Value)).ToList();
        while (tokens.Count < size)
        {
            var best = texts.SelectMany(text => text.Symbols.Zip(text.Symbols.Skip(1)).Select(pair => (pair, text.Count)))
                .GroupBy(pair => pair.pair).Select(group => (Pair: group.Key, Count: group.Sum(pair => pair.Count)))
                .Where(pair => pair.Count > 1).OrderByDescending(pair => pair.Count).ThenBy(pair => pair.Pair)
                    .Select(pair => ((int, int)?)pair.Pair).FirstOrDefault();
            if (best is not { } found) break;
            var token = tokens[found.Item1] + tokens[found.Item2];
            if (!tokens.Contains(token)) tokens.Add(token);
            if (!merges.Contains(found)) merges.Add(found);
            foreach (var (symbols, _) in texts)
                for (var i = 0; i + 1 < symbols.Count; i++)
                    if ((symbols[i], symbols[i + 1]) == found)
                    {
                        symbols[i] = tokens.IndexOf(token);
                        symbols.RemoveAt(i + 1);
                    }
        }

        return (tokens, merges);
    }
}
