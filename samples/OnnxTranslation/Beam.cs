namespace Bdia.Samples.OnnxTranslation;

/// <summary>A hypothesis: what a row has written, and log P of it.</summary>
internal sealed record Hypothesis(int Row, IReadOnlyList<int> Ids, double LogProbability);

/// <summary>
/// Beam search for one source; a beam of one is greedy. A finished hypothesis of n tokens, its end counted, scores log P / ((5 + n) /
/// 6)^alpha; the search ends when no live one can score more.
/// </summary>
internal sealed class Beam(DecodingRules rules, SpecialIds ids, int size, int longest, int row)
{
    private (IReadOnlyList<int> Ids, double Score)? finished;
    private IReadOnlyList<Hypothesis> live = [new(row, [], 0)];

    /// <summary>What was found, once nothing is live any more.</summary>
    public IReadOnlyList<int> Result { get; private set; } = [];

    /// <summary>Whether the search goes on.</summary>
    public bool IsLive => live.Count > 0;

    /// <summary>Goes on by a token.</summary>
    /// <param name="logits">Of all rows.</param>
    /// <param name="vocabulary">Tokens of a row.</param>
    /// <param name="firstRow">The number that the next row of the batch will have.</param>
    /// <returns>The rows that go on, as hypotheses that name the row which they continue.</returns>
    public IReadOnlyList<Hypothesis> Advance(ReadOnlySpan<float> logits, int vocabulary, int firstRow)
    {
        var candidates = new List<(Hypothesis From, int Token, double LogProbability)>();
        foreach (var hypothesis in live)
        {
            foreach (var (token, value) in Best(logits.Slice(hypothesis.Row * vocabulary, vocabulary)))
                candidates.Add((hypothesis, token, hypothesis.LogProbability + value));
        }

        // A stable sort: of equal ones that of the earlier hypothesis comes first, then that with the lower id.
        var next = new List<Hypothesis>();
        var length = live[0].Ids.Count + 1;
        foreach (var (from, token, logProbability) in candidates.OrderByDescending(candidate => candidate.LogProbability).Take(size))
        {
            var score = logProbability / rules.Penalty(length);
            if (token != ids.End) next.Add(new(from.Row, [.. from.Ids, token], logProbability));
            else if (finished is null || score > finished.Value.Score) finished = (from.Ids, score);
        }

        if (length == longest || next.Count == 0 || finished?.Score >= next[0].LogProbability / rules.Penalty(longest))
        {
            Result = finished?.Ids ?? next[0].Ids;
            next.Clear();
        }

        live = [.. next.Select((hypothesis, i) => hypothesis with { Row = firstRow + i })];
        return next;
    }

    // The most probable tokens, padding and start left out, with their log-probabilities among all.
    private List<(int Token, double LogProbability)> Best(ReadOnlySpan<float> logits)
    {
        var largest = double.NegativeInfinity;
        foreach (var value in logits) largest = Math.Max(largest, value);
        var sum = 0.0;
        foreach (var value in logits) sum += Math.Exp(value - largest);
        var logSum = largest + Math.Log(sum);

        var best = new List<(int Token, double Logit)>();
        for (var token = ids.End; token < logits.Length; token++)
        {
            if (best.Count == size && logits[token] <= best[^1].Logit) continue;
            var logit = logits[token];
            var place = best.FindIndex(other => other.Logit < logit);
            best.Insert(place < 0 ? best.Count : place, (token, logit));
            if (best.Count > size) best.RemoveAt(size);
        }

        return best.ConvertAll(one => (one.Token, one.Logit - logSum));
    }
}
