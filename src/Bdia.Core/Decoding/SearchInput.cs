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

    /// <summary>The token that must come behind so many of the search's; null where it is free.</summary>
    public int? ForcedAt(int length) => length < Forced ? Input.Prompt[Input.Prompt.Count - Forced + length] : null;
}
