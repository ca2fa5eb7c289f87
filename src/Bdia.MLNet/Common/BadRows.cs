using Microsoft.ML.Runtime;

namespace Bdia.MLNet.Common;

/// <summary>
/// What becomes of rows that cannot be used: the first one ends the run, or each is left out, told in the log, and counted.
/// </summary>
/// <param name="log">Where to tell; null on a second pass over rows of which all is told.</param>
/// <param name="skip">Whether bad rows are left out.</param>
/// <param name="remedy">What to do about a bad row, as a sentence.</param>
internal sealed class BadRows(IChannelProvider? log, bool skip, string remedy) : IDisposable
{
    private const int ToldOneByOne = 5;

    /// <summary>Rows left out so far.</summary>
    public long Count { get; private set; }

    /// <summary>Called for every row that cannot be used.</summary>
    /// <param name="row">Position of the row, counted from 0.</param>
    /// <param name="reason">Why, as the rest of a sentence that begins with the row.</param>
    /// <exception cref="InvalidDataException">Bad rows are not to be skipped.</exception>
    public void Handle(long row, string reason)
    {
        if (!skip)
            throw new InvalidDataException($"Row {row}: {reason}. {remedy}");
        if (Count++ >= ToldOneByOne || log is null)
            return;
        using var channel = log.Start("Bad rows");
        channel.Warning(MessageSensitivity.UserData, $"Row {row}: {reason}. The row is left out.");
    }

    /// <summary>Tells the count, where there is one.</summary>
    public void Dispose()
    {
        if (Count == 0 || log is null)
            return;
        using var channel = log.Start("Bad rows");
        channel.Warning(MessageSensitivity.None, $"{(Count == 1 ? "1 row" : $"{Count} rows")} could not be used and {(Count == 1 ? "was" : "were")} left out.");
        Count = 0;
    }
}
