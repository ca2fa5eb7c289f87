using Bdia.Core.Text;

namespace Bdia.Core.Decoding;

/// <summary>The search for one input.</summary>
/// <param name="input">The input.</param>
/// <param name="options">How.</param>
/// <param name="row">The row of its empty hypothesis.</param>
internal sealed class Beam(SearchInput input, DecodingOptions options, int row)
{
    private readonly List<Finished> finished = []; // at most BestCount, best first
    private int firstRow = row, rows = 1;

    /// <summary>Whether any of its rows goes on.</summary>
    public bool IsLive => rows > 0;

    /// <summary>Its hypotheses, best first, once the search is over.</summary>
    public IReadOnlyList<Hypothesis> Result { get; private set; } = [];

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
                if (place == 0 && !double.IsFinite(logProbability)) throw DecodingFaults.NotFinite(input, length, logProbability);
                if (logProbability > greatest) (from, greatest) = (r, logProbability);
            }

            if (from < 0) break;
            var extension = new LiveRow(firstRow + from, best.Ids(firstRow + from)[taken[from]++], greatest);
            if (extension.Token == SpecialTokens.End) Finish(extension, length, tree);
            else next.Add(extension);
        }

        if (length == input.LongestOutput || next.Count == first || CannotImprove(next[first].LogProbability))
        {
            Result = Conclude(next.Skip(first), tree);
            next.RemoveRange(first, next.Count - first);
        }

        (firstRow, rows) = (first, next.Count - first);
    }

    private static double LogProbability(TokenTree tree, int row) => tree.Length == 0 ? 0 : tree.Last[row].LogProbability;

    /// <summary>Keeps a hypothesis that has ended, if it is among the best; an earlier one wins a tie.</summary>
    private void Finish(LiveRow end, int length, TokenTree tree)
    {
        var score = end.LogProbability / options.Penalty(length);
        var place = finished.FindIndex(other => other.Score < score);
        finished.Insert(place < 0 ? finished.Count : place, new(end.Parent, tree.Length, end.LogProbability, score));
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
        var finished = this.finished.Select(f => new Hypothesis(Output(f.Row, f.Length), f.LogProbability, f.Score, true));
        var penalty = options.Penalty(tree.Length + 1 - input.Forced);
        var cutOff = live.Take(options.BestCount - this.finished.Count)
            .Select(row => new Hypothesis([.. Output(row.Parent, tree.Length), row.Token], row.LogProbability,
                row.LogProbability / penalty, false));
        return [.. finished, .. cutOff];

        int[] Output(int row, int length) => tree.Path(row, length)[input.Forced..];
    }

    /// <param name="Row">Of the step before the end token.</param>
    /// <param name="Length">Of that step: all its tokens, those of the prompt among them and the end token not.</param>
    private readonly record struct Finished(int Row, int Length, double LogProbability, double Score);
}
