using Bdia.Core.Text;

namespace Bdia.Core.Decoding;

/// <summary>One input of a call, to those who search for its output.</summary>
/// <param name="Index">Its place in the call.</param>
/// <param name="Input">What was given.</param>
/// <param name="LongestOutput">Tokens of its longest output, end token counted and prompt not, at least 1.</param>
internal sealed record SearchInput(int Index, DecodingInput Input, int LongestOutput)
{
    /// <summary>Tokens that are read before one is written.</summary>
    public int Given => Input.Source.Count + Input.Prompt.Count;

    /// <summary>
    /// How many tokens of the prompt a search writes itself, one in each of its first steps: those beyond what all prompts of the batch
    /// have in common in length.
    /// </summary>
    public int Forced { get; init; }

    /// <summary>A row of a step as rules see it; null while its next token is one of the prompt's.</summary>
    public RuledRow? Ruled(TokenTree tree, int row) => tree.Length < Forced ? null
        : new([.. Input.Prompt.Take(Input.Prompt.Count - Forced), .. tree.Path(row, tree.Length)], Input.Prompt.Count);

    /// <summary>What a row has written.</summary>
    /// <param name="tree">All rows.</param>
    /// <param name="length">Tokens of the row before its last, those of the prompt that the search wrote among them.</param>
    /// <param name="last">Its last token, which is no part of the output where it is the end token.</param>
    /// <param name="score">Of the output.</param>
    /// <param name="isFinished">Whether the last token ended it.</param>
    public Hypothesis Output(TokenTree tree, int length, LiveRow last, double score, bool isFinished)
    {
        var rows = tree.Rows(last.Parent, length);
        var ids = rows.Skip(Forced).Append(last).Select(row => row.Token);
        var sums = rows.Skip(Forced).Append(last).Select(row => row.LogProbability).ToArray();
        return new([.. last.Token == SpecialTokens.End ? ids.SkipLast(1) : ids], last.LogProbability, score, isFinished)
        {
            TokenLogProbabilities = [.. sums.Select((sum, i) => i == 0 ? sum : sum - sums[i - 1])],
        };
    }

    /// <summary>The token that must come behind so many of the search's; null where it is free.</summary>
    public int? ForcedAt(int length) => length < Forced ? Input.Prompt[Input.Prompt.Count - Forced + length] : null;
}
