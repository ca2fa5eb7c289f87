using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.MLNet.ImageClassification;

/// <summary>Reads an <see cref="MLImage"/> column.</summary>
internal sealed class BitmapReader(DataViewRow row, DataViewSchema.Column column, ImageShape shape) : ImageReader
{
    // ML.NET is built against SkiaSharp 2; where an application brings 3, the direct way to the pixels is gone and a slower one stays.
    private static bool besideSkiaSharp3;

    private readonly ValueGetter<MLImage> getter = row.GetGetter<MLImage>(column);

    // Kept between rows because ML.NET's image loader disposes, through this variable, the image that it handed out before.
    private MLImage? image;

    public override string? Read(Span<float> pixels)
    {
        if (Load(getter, ref image!) is { } reason)
            return reason;
        if (image is null)
            return "the image is missing";
        if (Size(image, out var size) is { } unreadable)
            return unreadable;
        if (SizeFault(size.Width, size.Height, shape) is { } fault)
            return fault;
        if (!besideSkiaSharp3)
        {
            try
            {
                Bitmaps.ToPlanes(image.Pixels, stride: 4, image.PixelFormat == MLPixelFormat.Rgba32, shape, pixels);
                return null;
            }
            catch (MissingMethodException)
            {
                besideSkiaSharp3 = true;
            }
        }
        Bitmaps.ToPlanes(image.GetBGRPixels, stride: 3, redFirst: false, shape, pixels);
        return null;
    }

    /// <summary>A function that gives width and height of the image in the current row, or null where there is none.</summary>
    public static Func<(int Width, int Height)?> Sizes(DataViewRow row, DataViewSchema.Column column)
    {
        var getter = row.GetGetter<MLImage>(column);
        MLImage? image = null;
        return () => Load(getter, ref image!) is null && image is not null && Size(image, out var size) is null ? size : null;
    }

    // An image that its owner has disposed (ML.NET's ExtractPixels does so with the last one that it has read) fails only when looked at.
    private static string? Size(MLImage image, out (int Width, int Height) size)
    {
        size = default;
        return Load((ref (int Width, int Height) value) => value = (image.Width, image.Height), ref size);
    }
}
