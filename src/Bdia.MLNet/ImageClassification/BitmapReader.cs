using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.MLNet.ImageClassification;

/// <summary>Reads an <see cref="MLImage"/> column.</summary>
internal sealed class BitmapReader(DataViewRow row, DataViewSchema.Column column, ImageShape shape) : ImageReader
{
    private readonly ValueGetter<MLImage> getter = row.GetGetter<MLImage>(column);

    // Kept between rows because ML.NET's image loader disposes, through this variable, the image that it handed out before.
    private MLImage? image;

    public override string? Read(Span<float> pixels)
    {
        try
        {
            getter(ref image!);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or IOException)
        {
            return $"the image cannot be loaded ({e.Message})";
        }
        if (image is null)
            return "the image is missing";
        if (SizeFault(image.Width, image.Height, shape) is { } fault)
            return fault;
        Bitmaps.ToPlanes(image.Pixels, image.PixelFormat == MLPixelFormat.Rgba32, shape, pixels);
        return null;
    }
}
