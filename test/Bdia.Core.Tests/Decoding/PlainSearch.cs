using Bdia.Core.Decoding;
using Bdia.Core.Text;

namespace Bdia.Core.Tests.Decoding;

/// <summary>Searches written for being read: one input, whole sequences, no early end.</summary>
internal static class PlainSearch
{
    private sealed record Sequence(int[] Ids, double LogProbability, bool IsFinished = false);

    /// <summary>Beam search up to the longest output.</summary>
    public static Hypothesis[] Beam(ToyNetwork network, IReadOnlyList<int> input, DecodingOptions options, PlainRules? rules = null)
    {
        rules ??= new(new());
        network = rules.Penalised(network);
        var (live, finished) = (new List<Sequence> { new([], 0) }, new List<Sequence>());
        for (var length = 1; length <= options.LongestOutput(input.Count); length++)
        {
            // Stable sorts: of equal ones the earlier hypothesis and the lower id come first.
            var best = live.SelectMany(sequence => Extensions(network, input, sequence, rules).OrderByDescending(e => e.LogProbability))
                .OrderByDescending(e => e.LogProbability).Take(options.BeamSize).ToArray();
            finished.AddRange(best.Where(e => e.IsFinished));
            if (best.Length == 0 && finished.Count == 0) break; // no token is left
            live = best.Where(e => !e.IsFinished).ToList();
        }

        return Ranked(finished, live, options);
    }

    /// <summary>Every output there is.</summary>
    public static Hypothesis[] All(ToyNetwork network, IReadOnlyList<int> input, DecodingOptions options)
    {
        var (live, finished) = (new List<Sequence> { new([], 0) }, new List<Sequence>());
        for (var length = 1; length <= options.LongestOutput(input.Count); length++)
        {
            var all = live.SelectMany(sequence => Extensions(network, input, sequence, new(new()))).ToArray();
            finished.AddRange(all.Where(e => e.IsFinished));
            live = all.Where(e => !e.IsFinished).ToList();
        }

        return Ranked(finished, live, options);
    }

    /// <summary>The most probable token, step by step.</summary>
    public static int[] Greedy(ToyNetwork network, IReadOnlyList<int> input, int longest)
    {
        var written = new List<int>();
        while (written.Count < longest)
        {
            var logits = network.Logits(input, written);
            // the first of equal ones
            var token = Enumerable.Range(SpecialTokens.End, logits.Length - SpecialTokens.End).MaxBy(id => logits[id]);
            if (token == SpecialTokens.End) break;
            written.Add(token);
        }

        return [.. written];
    }

    private static IEnumerable<Sequence> Extensions(ToyNetwork network, IReadOnlyList<int> input, Sequence sequence, PlainRules rules)
    {
        var logProbabilities = network.LogProbabilities(input, sequence.Ids);
        for (var id = SpecialTokens.End; id < network.Vocabulary; id++)
            if (logProbabilities[id] > double.NegativeInfinity && rules.Permits(sequence.Ids, id))
                yield return new([.. sequence.Ids, id], sequence.LogProbability + logProbabilities[id], rules.Ends(sequence.Ids, id));
    }

    private static Hypothesis[] Ranked(IEnumerable<Sequence> finished, IEnumerable<Sequence> cutOff, DecodingOptions options)
        => finished.Select(s => Hypothesis(s, options)).OrderByDescending(h => h.Score)
            .Concat(cutOff.Select(s => Hypothesis(s, options)).OrderByDescending(h => h.Score)).Take(options.BestCount).ToArray();

    private static Hypothesis Hypothesis(Sequence sequence, DecodingOptions options)
        => new(sequence.Ids is [.., SpecialTokens.End] ? sequence.Ids[..^1] : sequence.Ids, sequence.LogProbability,
            sequence.LogProbability / Math.Pow((5.0 + sequence.Ids.Length) / 6, options.LengthPenalty), sequence.IsFinished);
}
