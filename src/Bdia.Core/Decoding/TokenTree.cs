namespace Bdia.Core.Decoding;

/// <summary>A hypothesis that is being written, as one row of a step.</summary>
/// <param name="Parent">The row of the step before that it continues.</param>
/// <param name="Token">What was appended in this step.</param>
/// <param name="LogProbability">Of all its tokens.</param>
internal readonly record struct LiveRow(int Parent, int Token, double LogProbability);

/// <summary>
/// What all rows of a batch have written: rows of a step point at those of the step before, so that common beginnings are kept once.
/// </summary>
internal sealed class TokenTree
{
    private readonly List<LiveRow[]> steps = [];

    /// <summary>Tokens that each row of the last step has.</summary>
    public int Length => steps.Count;

    /// <summary>Rows of the last step.</summary>
    public LiveRow[] Last => steps[^1];

    public void Add(LiveRow[] rows) => steps.Add(rows);

    /// <summary>A row and those that it continues, the first one first.</summary>
    /// <param name="row">A row of the step that made its length <paramref name="length"/>.</param>
    /// <param name="length">Its tokens; 0 gives none, whatever the row.</param>
    public LiveRow[] Rows(int row, int length)
    {
        var rows = new LiveRow[length];
        for (var step = length - 1; step >= 0; step--) row = (rows[step] = steps[step][row]).Parent;
        return rows;
    }

    /// <summary>The tokens of a row.</summary>
    /// <param name="row">A row of the step that made its length <paramref name="length"/>.</param>
    /// <param name="length">Its tokens; 0 gives none, whatever the row.</param>
    public int[] Path(int row, int length)
    {
        var path = new int[length];
        for (var step = length - 1; step >= 0; step--) (row, path[step], _) = steps[step][row];
        return path;
    }
}
