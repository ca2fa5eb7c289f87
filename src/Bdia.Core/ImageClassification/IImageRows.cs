namespace Bdia.Core.ImageClassification;

/// <summary>Labelled images, read one after the other. What does not fit into memory is read anew in every epoch.</summary>
public interface IImageRows
{
    /// <summary>
    /// One pass over the usable rows: always the same rows in the same order. May be called while another pass is under way, from another
    /// thread.
    /// </summary>
    /// <returns>The rows; each is copied before the next is asked for.</returns>
    IEnumerable<ImageRow> Read();

    /// <summary>
    /// Says what becomes of rows whose pixels are finite, but out of all proportion to those of the others: the mean and deviation of all
    /// pixels would be theirs alone. By default they are an error.
    /// </summary>
    /// <param name="rows">Their numbers, ascending, counted from 0 among the rows that <see cref="Read"/> gives, each with the reason as
    /// the rest of a sentence.</param>
    /// <exception cref="InvalidDataException">They are not to be left out.</exception>
    void LeaveOut(IReadOnlyList<(int Number, string Reason)> rows)
        => throw new InvalidDataException($"Row {rows[0].Number}: {rows[0].Reason}. Mend or remove the row.");
}
