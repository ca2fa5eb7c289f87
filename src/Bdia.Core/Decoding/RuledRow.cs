namespace Bdia.Core.Decoding;

/// <summary>A row of a step, to the rules: what its text has so far.</summary>
/// <param name="Text">All tokens of the text, without start token.</param>
/// <param name="Given">How many of them the output was to begin with.</param>
internal readonly record struct RuledRow(int[] Text, int Given)
{
    /// <summary>Tokens of the output.</summary>
    public int Written => Text.Length - Given;
}
