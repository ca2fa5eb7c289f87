namespace Bdia.MLNet.ImageClassification;

/// <summary>Four bytes per pixel, as bitmaps hold them, to planar numbers.</summary>
internal static class Bitmaps
{
    /// <param name="bitmap">Rows of pixels, without gaps; the fourth byte of each (alpha) is not used.</param>
    /// <param name="redFirst">Whether a pixel is red, green, blue; else it is blue, green, red.</param>
    /// <param name="shape">Size of the image; one channel gets the luminance, rounded to whole numbers.</param>
    /// <param name="planes">(C, H, W), each value from 0 to 255.</param>
    public static void ToPlanes(ReadOnlySpan<byte> bitmap, bool redFirst, ImageShape shape, Span<float> planes)
    {
        var (red, blue) = redFirst ? (0, 2) : (2, 0);
        if (shape.Channels == 1)
        {
            for (var i = 0; i < shape.Area; i++)
                planes[i] = Luminance(bitmap[4 * i + red], bitmap[4 * i + 1], bitmap[4 * i + blue]);
            return;
        }
        Copy(bitmap[red..], planes[..shape.Area]);
        Copy(bitmap[1..], planes[shape.Area..(2 * shape.Area)]);
        Copy(bitmap[blue..], planes[(2 * shape.Area)..shape.Size]);
    }

    private static void Copy(ReadOnlySpan<byte> everyFourth, Span<float> plane)
    {
        for (var i = 0; i < plane.Length; i++)
            plane[i] = everyFourth[4 * i];
    }

    // ITU-R BT.601 in thousandths, so that a grey pixel keeps its value exactly.
    private static int Luminance(int red, int green, int blue) => (299 * red + 587 * green + 114 * blue + 500) / 1000;
}
