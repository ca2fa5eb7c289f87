namespace Bdia.Core.Decoding;

/// <summary>One input of a call.</summary>
/// <param name="Index">Its place in the call.</param>
/// <param name="Ids">Its tokens, end token included.</param>
/// <param name="LongestOutput">Tokens of its longest output, end token counted, at least 1.</param>
internal sealed record DecodingInput(int Index, IReadOnlyList<int> Ids, int LongestOutput);
