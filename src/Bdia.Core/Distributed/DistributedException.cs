namespace Bdia.Core.Distributed;

/// <summary>
/// A run over several processes cannot go on: another rank has failed or does not answer, or ranks do not agree on what they train. The
/// message names the rank and the reason. Weights are not to be used; the last checkpoint is whole, and the run goes on from it with as
/// many ranks or with others.
/// </summary>
/// <param name="message">The fact, the rank and the remedy.</param>
/// <param name="innerException">What was thrown by the transport, if anything was.</param>
public sealed class DistributedException(string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>What a rank ends with when another has told that it fails.</summary>
    /// <param name="rank">The rank that ends.</param>
    /// <param name="failed">The rank that has failed.</param>
    /// <param name="reason">What it told.</param>
    public static DistributedException Failed(int rank, int failed, string reason)
        => new($"Rank {failed} has ended its run, and rank {rank} with it: {reason}");

    /// <summary>What a rank ends with when another does not answer.</summary>
    /// <param name="rank">The rank that ends.</param>
    /// <param name="silent">The rank that does not answer; null where it may be any.</param>
    /// <param name="limit">How long it has waited.</param>
    public static DistributedException Silent(int rank, int? silent, TimeSpan limit)
        => new(FormattableString.Invariant(
            $"Rank {rank} has waited {limit.TotalSeconds:0.###} s for {(silent is { } other ? $"rank {other}" : "another rank")}, ")
            + "which does not answer: it was killed, hangs, or the network is cut. The last checkpoint is whole: set Resume to go on from "
            + "it, also with another number of ranks; where ranks need more time than that from one message to the next, raise the limit.");
}
