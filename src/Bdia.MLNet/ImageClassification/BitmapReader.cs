using Bdia.Core.ImageClassification;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.MLNet.ImageClassification;

/// <summary>Reads an <see cref="MLImage"/> column. Whether a file was whole, and which way up, is lost in such an image.</summary>
internal sealed class BitmapReader(DataViewRow row, DataViewSchema.Column column, ImageShape shape, ImageFit? fit) : ImageReader
{
    // ML.NET is built against SkiaSharp 2; where an application brings 3, the direct way to the pixels is gone and a slower one stays,
    // on which transparency is not to be had.
    private static bool besideSkiaSharp3;

    private readonly ValueGetter<MLImage> getter = row.GetGetter<MLImage>(column);
    private readonly ImageFitter fitter = new(shape, fit);

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
        if (fit is null && SizeFault(size.Width, size.Height, shape) is { } fault)
            return fault;
        if (TooLarge(size.Width, size.Height) is { } large)
            return large;
        if (!besideSkiaSharp3)
        {
            try
            {
                var bytes = image.Pixels;
                Write(new Raster(bytes, size.Width, size.Height, image.PixelFormat == MLPixelFormat.Rgba32, fit is null
                    ? AlphaKind.None : Raster.Guess(bytes)), pixels);
                return null;
            }
            catch (MissingMethodException)
            {
                besideSkiaSharp3 = true;
            }
        }
        Write(new Raster(FourBytes(image.GetBGRPixels), size.Width, size.Height, redFirst: false, AlphaKind.None), pixels);
        return null;
    }

    /// <summary>A function that gives width and height of the image in the current row, or null where there is none.</summary>
    public static Func<(int Width, int Height)?> Sizes(DataViewRow row, DataViewSchema.Column column)
    {
        var getter = row.GetGetter<MLImage>(column);
        MLImage? image = null;
        return () => Load(getter, ref image!) is null && image is not null && Size(image, out var size) is null ? size : null;
    }

    private void Write(Raster picture, Span<float> pixels)
    {
        fitter.Write(picture, pixels);
        Counts.Add((picture.Width, picture.Height) != (shape.Width, shape.Height), turned: false, picture.Alpha != AlphaKind.None);
    }

    // An image that its owner has disposed (ML.NET's ExtractPixels does so with the last one that it has read) fails only when looked at.
    private static string? Size(MLImage image, out (int Width, int Height) size)
    {
        size = default;
        return Load((ref (int Width, int Height) value) => value = (image.Width, image.Height), ref size);
    }

    private static byte[] FourBytes(ReadOnlySpan<byte> bgr)
    {
        var bytes = new byte[bgr.Length / 3 * 4];
        for (var i = 0; i < bgr.Length / 3; i++)
            bgr.Slice(3 * i, 3).CopyTo(bytes.AsSpan(4 * i));
        return bytes;
    }
}
