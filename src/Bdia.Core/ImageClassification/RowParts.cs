namespace Bdia.Core.ImageClassification;

/// <summary>Rows read in part, whether they know of it or not.</summary>
internal static class RowParts
{
    /// <summary>As <see cref="IPartedImageRows.Read(Func{long, bool})"/>; of other rows, the number of a row is its position.</summary>
    public static IEnumerable<(long Position, ImageRow Row)> ReadSome(this IImageRows rows, Func<long, bool> reads)
        => rows is IPartedImageRows parted ? parted.Read(reads)
            : rows.Read().Select((row, number) => ((long)number, row)).Where(each => reads(each.Item1));
}
