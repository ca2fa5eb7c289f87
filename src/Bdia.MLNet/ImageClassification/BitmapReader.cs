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
        if (SizeFault(image.Width, image.Height, shape) is { } fault)
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
        return () => Load(getter, ref image!) is null && image is not null ? (image.Width, image.Height) : null;
    }
}
