using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Bdia.MLNet.Scoring;

/// <summary>
/// What becomes of rows that cannot be used: the first one ends the run, or each is passed over, told in the log, and counted.
/// </summary>
/// <param name="log">Where to tell; null on a second pass over rows of which all is told.</param>
/// <param name="skip">Whether bad rows are passed over.</param>
/// <param name="fate">What a row that is passed over is, to follow "is": left out, say.</param>
/// <param name="remedy">What to do about a bad row, as a sentence.</param>
/// <param name="finding">What is bad about such rows, to follow their number.</param>
internal sealed class BadRows(IChannelProvider? log, bool skip, string fate, string remedy, string finding = "could not be used")
    : IDisposable
{
    private const int ToldOneByOne = 5;

    // A prediction engine is never done, so the count is also told along the way: at 10, 100, 1000, ...
    private long nextTold = 10;

    /// <summary>Whether bad rows are passed over.</summary>
    public bool Skip => skip;

    /// <summary>What a row is called. One that a program hands over by itself, as to a prediction engine, has no number.</summary>
    public static string Name(DataViewRow row) => row is DataViewRowCursor ? $"Row {row.Position}" : "The row";

    /// <summary>Rows passed over so far.</summary>
    public long Count { get; private set; }

    /// <summary>Called for every row that cannot be used.</summary>
    /// <param name="row">The row.</param>
    /// <param name="reason">Why, as the rest of a sentence that begins with the row.</param>
    /// <exception cref="InvalidDataException">Bad rows are not to be skipped.</exception>
    public void Handle(DataViewRow row, string reason) => Handle(Name(row), reason);

    /// <summary>The same for a row of which only the name is left.</summary>
    public void Handle(string row, string reason)
    {
        if (!skip)
            throw new InvalidDataException($"{row}: {reason}. {remedy}");
        if (log is null)
            return;
        Count++;
        if (Count <= ToldOneByOne)
            Warn(MessageSensitivity.UserData, $"{row}: {reason}. The row is {fate}.");
        else if (Count == nextTold)
            Warn(MessageSensitivity.None, $"{Count} rows so far {finding} and were {fate}.");
        if (Count >= nextTold)
            nextTold *= 10;
    }

    /// <summary>Tells the count, where there is one.</summary>
    public void Dispose()
    {
        if (Count > 0)
            Warn(MessageSensitivity.None,
                $"{(Count == 1 ? "1 row" : $"{Count} rows")} {finding} and {(Count == 1 ? "was" : "were")} {fate}.");
        Count = 0;
    }

    private void Warn(MessageSensitivity sensitivity, string text)
    {
        using var channel = log!.Start("Bad rows");
        channel.Warning(sensitivity, text);
    }
}
