using Bdia.Core.ImageClassification;
namespace Bdia.MLNet.ImageClassification;

/// <summary>Pixel after pixel, as bitmaps hold them, to planar numbers.</summary>
internal static class Bitmaps
{
    /// <param name="bitmap">Rows of pixels, without gaps; the fourth byte of each (alpha), where there is one, is not used.</param>
    /// <param name="stride">Bytes per pixel: 3 or 4.</param>
    /// <param name="redFirst">Whether a pixel is red, green, blue; else it is blue, green, red.</param>
    /// <param name="shape">Size of the image; one channel gets the luminance, rounded to whole numbers.</param>
    /// <param name="planes">(C, H, W), each value from 0 to 255.</param>
    public static void ToPlanes(ReadOnlySpan<byte> bitmap, int stride, bool redFirst, ImageShape shape, Span<float> planes)
    {
        var (red, blue) = redFirst ? (0, 2) : (2, 0);
        if (shape.Channels == 1)
        {
            for (var i = 0; i < shape.Area; i++)
                planes[i] = Luminance(bitmap[stride * i + red], bitmap[stride * i + 1], bitmap[stride * i + blue]);
            return;
        }
        Copy(bitmap[red..], stride, planes[..shape.Area]);
        Copy(bitmap[1..], stride, planes[shape.Area..(2 * shape.Area)]);
        Copy(bitmap[blue..], stride, planes[(2 * shape.Area)..shape.Size]);
    }

    private static void Copy(ReadOnlySpan<byte> bytes, int stride, Span<float> plane)
    {
        for (var i = 0; i < plane.Length; i++)
            plane[i] = bytes[stride * i];
    }

    // ITU-R BT.601 in thousandths, so that a grey pixel keeps its value exactly.
    private static int Luminance(int red, int green, int blue) => (299 * red + 587 * green + 114 * blue + 500) / 1000;
}
