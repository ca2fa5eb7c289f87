namespace Bdia.MLNet;

/// <summary>
/// As many rows wait to be scored as may (<see cref="BatchingOptions.QueueLimit"/>): the row was not taken. Try again later; a web service
/// answers 503.
/// </summary>
public sealed class ScorerBusyException : InvalidOperationException
{
    /// <summary>Makes one.</summary>
    /// <param name="limit">Rows that may wait.</param>
    public ScorerBusyException(int limit)
        : base($"{limit} rows wait to be scored, which is the limit. Try again later, or raise QueueLimit.") => Limit = limit;

    /// <summary>Rows that may wait.</summary>
    public int Limit { get; }
}
