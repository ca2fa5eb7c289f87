namespace Bdia.Core.Decoding;

/// <summary>What can be wrong with a network's output.</summary>
internal static class DecodingFaults
{
    /// <summary>No token that may be written has a probability.</summary>
    /// <param name="input">The input.</param>
    /// <param name="position">Place of the token in the output, from 1.</param>
    /// <param name="logProbability">The best one's: not a number, or minus infinity.</param>
    public static NotFiniteNumberException NotFinite(SearchInput input, int position, double logProbability)
        => new($"The network's most probable token {position} of the output for input {input.Index} has log-probability {logProbability}. "
            + "Its weights or its logits are not finite: load weights of a training run that did not diverge.", logProbability);
}
