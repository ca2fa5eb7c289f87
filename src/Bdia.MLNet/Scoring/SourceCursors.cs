using Microsoft.ML;

namespace Bdia.MLNet.Scoring;

/// <summary>Cursors over whatever views a pipeline gives, that lose no row to another one's fault.</summary>
internal static class SourceCursors
{
    // How ML.NET's messages begin where a thread of its own read a source.
    private static readonly string[] readers = ["Splitter/consolidator worker", "Shuffle input cursor reader", "Event we were waiting on"];

    /// <summary>
    /// Opens a cursor that takes every value on the thread that asks for it. ML.NET's GetRowCursor may read ahead on several threads, and
    /// there a value that cannot be had (a file that is not there) ends them all.
    /// </summary>
    public static DataViewRowCursor OpenSingle(this IDataView view, IEnumerable<DataViewSchema.Column> columns, Random? rand = null)
    {
        var needed = columns.ToList();
        var cursors = view.GetRowCursorSet(needed, 1, view.CanShuffle ? rand : null);
        if (cursors is [var single])
            return single;
        foreach (var cursor in cursors) // more than were asked for: such a view is read in the ordinary way
            cursor.Dispose();
        return view.GetRowCursor(needed, rand);
    }

    /// <summary>
    /// Moves to the next row; explains the faults of threads that ML.NET has read ahead on all the same, as beneath ShuffleRows.
    /// </summary>
    /// <exception cref="InvalidDataException">A row could not be read, and which is not known.</exception>
    public static bool MoveNextExplained(this DataViewRowCursor cursor)
    {
        try
        {
            return cursor.MoveNext();
        }
        catch (InvalidOperationException fault) when (fault.InnerException is not null
            && readers.Any(reader => fault.Message.StartsWith(reader, StringComparison.Ordinal)))
        {
            throw new InvalidDataException(
                $"A row could not be read: {fault.GetBaseException().Message} ML.NET read ahead on several threads, which lose the row "
                + "at fault and all behind it. " +
                "Put TrainTestSplit, TakeRows, SkipRows, ShuffleRows and Cache before the step that loads files, and the row is known.",
                    fault);
        }
    }
}
