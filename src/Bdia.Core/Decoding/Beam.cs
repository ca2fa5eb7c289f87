using Bdia.Core.Text;

namespace Bdia.Core.Decoding;

/// <summary>The search for one input.</summary>
/// <param name="input">The input.</param>
/// <param name="options">How.</param>
/// <param name="rules">Which tokens may come; null = all.</param>
/// <param name="row">The row of its empty hypothesis.</param>
internal sealed class Beam(SearchInput input, DecodingOptions options, TokenRules? rules, int row)
{
    private readonly List<Finished> finished = []; // at most BestCount, best first
    private int firstRow = row, rows = 1;

    /// <summary>Whether any of its rows goes on.</summary>
    public bool IsLive => rows > 0;

    /// <summary>Its hypotheses, best first, once the search is over.</summary>
    public IReadOnlyList<Hypothesis> Result { get; private set; } = [];

    /// <summary>Its rows as rules see them.</summary>
    public IEnumerable<RuledRow?> Ruled(TokenTree tree) => Enumerable.Range(firstRow, rows).Select(row => input.Ruled(tree, row));

    /// <summary>Extends its live hypotheses by a token.</summary>
    /// <param name="best">For each row of the batch the tokens that may follow, as many as the beam is wide.</param>
    /// <param name="tree">What the rows have written.</param>
    /// <param name="next">Where the rows that go on are added, the most probable first.</param>
    public void Advance(TopTokens best, TokenTree tree, List<LiveRow> next)
    {
        var first = next.Count;
        if (input.ForcedAt(tree.Length) is { } token)
        {
            next.Add(new LiveRow(firstRow, token, 0)); // the prompt's probability is no part of the output's
            firstRow = first;
            return;
        }

        var length = tree.Length + 1 - input.Forced; // of the output
        // The rows' best tokens are in order, so that the best extensions come out of merging them; the earlier row wins a tie.
        Span<int> taken = stackalloc int[rows];
        taken.Clear();
        for (var place = 0; place < options.BeamSize; place++)
        {
            var (from, greatest) = (-1, double.NegativeInfinity);
            for (var r = 0; r < rows; r++)
            {
                if (taken[r] == best.Count) continue;
                var logProbability = LogProbability(tree, firstRow + r) + best.Values(firstRow + r)[taken[r]];
                // Where rules leave no token, a hypothesis goes on no further.
                var isLost = rules is not null && double.IsNegativeInfinity(logProbability);
                if (place == 0 && !double.IsFinite(logProbability) && !isLost)
                    throw DecodingFaults.NotFinite(input, length, logProbability);
                if (logProbability > greatest) (from, greatest) = (r, logProbability);
            }

            if (from < 0) break;
            var extension = new LiveRow(firstRow + from, best.Ids(firstRow + from)[taken[from]++], greatest);
            if (Ends(extension, tree)) Finish(extension, length, tree);
            else next.Add(extension);
        }

        if (next.Count == first && finished.Count == 0)
        {
            Result = Abandon(tree, length - 1);
        }
        else if (length == input.LongestOutput || next.Count == first || CannotImprove(next[first].LogProbability))
        {
            Result = Conclude(next.Skip(first), tree);
            next.RemoveRange(first, next.Count - first);
        }

        (firstRow, rows) = (first, next.Count - first);
    }

    private static double LogProbability(TokenTree tree, int row) => tree.Length == 0 ? 0 : tree.Last[row].LogProbability;

    private bool Ends(LiveRow extension, TokenTree tree)
        => rules is null ? extension.Token == SpecialTokens.End
            : rules.Ends(input.Ruled(tree, extension.Parent)!.Value, extension.Token);

    /// <summary>Keeps a hypothesis that has ended, if it is among the best; an earlier one wins a tie.</summary>
    private void Finish(LiveRow end, int length, TokenTree tree)
    {
        var score = end.LogProbability / options.Penalty(length);
        var place = finished.FindIndex(other => other.Score < score);
        finished.Insert(place < 0 ? finished.Count : place, new(end, tree.Length, score));
        if (finished.Count > options.BestCount) finished.RemoveAt(options.BestCount);
    }

    /// <summary>
    /// Whether no live hypothesis can still get among the kept ones. The most a hypothesis can reach is its present log-probability,
    /// should all further tokens be certain, over the greatest penalty, which is that of the longest output.
    /// </summary>
    private bool CannotImprove(double greatestLive)
        => finished.Count == options.BestCount && finished[^1].Score >= greatestLive / options.Penalty(input.LongestOutput);

    private Hypothesis[] Conclude(IEnumerable<LiveRow> live, TokenTree tree)
    {
        var finished = this.finished.Select(f => input.Output(tree, f.Length, f.End, f.Score, true));
        var penalty = options.Penalty(tree.Length + 1 - input.Forced);
        var cutOff = live.Take(options.BestCount - this.finished.Count)
            .Select(row => input.Output(tree, tree.Length, row, row.LogProbability / penalty, false));
        return [.. finished, .. cutOff];
    }

    // What was written before no token was left.
    private Hypothesis[] Abandon(TokenTree tree, int length)
        => length == 0 ? [new Hypothesis([], 0, 0, false)]
            : [.. tree.Last.Skip(firstRow).Take(Math.Min(rows, options.BestCount))
                .Select(row => input.Output(tree, tree.Length - 1, row, row.LogProbability / options.Penalty(length), false))];

    /// <param name="End">The token that ended it.</param>
    /// <param name="Length">Tokens before that one, those of the prompt that the search wrote among them.</param>
    private readonly record struct Finished(LiveRow End, int Length, double Score);
}
