namespace Bdia.Core.ImageClassification;

/// <summary>
/// Labelled images of which some can be read without the others being decoded: of several processes that share a run, each then decodes
/// its own part. Rows that do not implement it are decoded by all, and kept by one.
/// </summary>
public interface IPartedImageRows : IImageRows
{
    /// <summary>One pass in which the images of some rows alone are looked at.</summary>
    /// <param name="reads">Asked once for every row that might be usable, by its position, ascending from 0, before its image is
    /// read; the positions are the same on every pass. A position may be left out.</param>
    /// <returns>Of the rows for which it said yes, those that are usable, with their positions; each is copied before the next is
    /// asked for. What <see cref="IImageRows.LeaveOut"/> is told of afterwards are positions.</returns>
    IEnumerable<(long Position, ImageRow Row)> Read(Func<long, bool> reads);
}
