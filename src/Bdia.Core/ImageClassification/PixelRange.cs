namespace Bdia.Core.ImageClassification;

/// <summary>The darkest and the brightest value that pixels of some data can have: what changes of tone are relative to.</summary>
internal readonly record struct PixelRange(float Darkest, float Brightest)
{
    private const float LargestByte = 255;

    /// <summary>Of rows with such extremes: 0 to 255, 0 to 1, or what occurs where it is neither.</summary>
    public static PixelRange Of(IReadOnlyCollection<PixelExtreme> rows)
    {
        var (least, largest) = (rows.Min(row => row.Least), rows.Max(row => row.Value));
        return least < 0 || largest > LargestByte ? new(least, Math.Max(least, largest)) : new(0, largest <= 1 ? 1 : LargestByte);
    }

    /// <summary>From one to the other.</summary>
    public float Extent => Brightest - Darkest;
}
