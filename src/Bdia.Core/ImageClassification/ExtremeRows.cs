using System.Globalization;

namespace Bdia.Core.ImageClassification;

/// <summary>
/// Finds rows with a pixel that is out of all proportion to those of the others, such as 1e9 among 0 to 255. Mean and deviation would be
/// ruled by it, and what is left of the other rows would tell nothing.
/// </summary>
internal static class ExtremeRows
{
    // Brightest pixels of pictures differ by far less, also in float units; a column of numbers in two units differs by thousands.
    private const float Proportion = 1e5f;

    // What is true of more rows than these is how the data is, and no fault of some of them.
    private const int OneOf = 10;

    /// <summary>
    /// The largest magnitude that half of the rows reach; null where they are all 0 there, which says nothing of the rest.
    /// </summary>
    public static float? Typical(IReadOnlyList<PixelExtreme> rows)
        => rows.Select(row => Math.Abs(row.Value)).Order().ElementAt(rows.Count / 2) is > 0 and var median ? median : null;

    /// <summary>The rows, ascending, and for each the reason as the rest of a sentence.</summary>
    public static List<(int Number, string Reason)> Find(IReadOnlyList<PixelExtreme> rows, float? typical)
    {
        if (typical is not { } median)
            return [];
        var found = rows.Index().Where(row => Math.Abs(row.Item.Value) / Proportion > median).ToList();
        return found.Count > Math.Max(1, rows.Count / OneOf) ? []
            : [.. found.Select(row => (row.Index, string.Create(CultureInfo.InvariantCulture,
            $"pixel value {row.Item.Position} of the image is {row.Item.Value}, out of all proportion to {median}, which the largest "
            + $"value of half of the training images does not exceed")))];
    }
}

/// <summary>The pixel value of a row that is furthest from 0.</summary>
/// <param name="Position">Where it is.</param>
/// <param name="Value">The value.</param>
/// <param name="Least">The least of all values.</param>
internal readonly record struct PixelExtreme(int Position, float Value, float Least)
{
    public static PixelExtreme Of(ReadOnlySpan<float> pixels)
    {
        var (at, largest, least) = (0, 0f, float.PositiveInfinity);
        for (var i = 0; i < pixels.Length; i++)
        {
            if (Math.Abs(pixels[i]) > largest)
                (at, largest) = (i, Math.Abs(pixels[i]));
            least = Math.Min(least, pixels[i]);
        }
        return new PixelExtreme(at, pixels[at], least);
    }
}
