using Bdia.Core.ImageClassification;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Bdia.MLNet.ImageClassification;

/// <summary>Reads the image of the row at which a cursor stands as planar numbers (C, H, W): red, green, blue, or grey.</summary>
internal abstract class ImageReader
{
    /// <summary>What was done to the images read so far.</summary>
    public ImageCounts Counts { get; } = new();

    public static ImageReader Create(DataViewRow row, DataViewSchema.Column column, ImageShape shape, PixelLayout layout, ImageFit? fit)
        => column.Type switch
    {
        ImageDataViewType => new BitmapReader(row, column, shape, fit),
        VectorDataViewType { ItemType: var item } when item.Equals(NumberDataViewType.Byte) =>
            new EncodedImageReader(row, column, shape, fit),
        VectorDataViewType vector => new PixelVectorReader(row, column, shape, PixelVector.Layout(vector, PixelLayout.Automatic, layout)),
        _ => throw new NotSupportedException($"Column '{column.Name}' of type {column.Type} holds no images."),
    };

    /// <summary>Fills <paramref name="pixels"/>, or says why this row has no usable image.</summary>
    /// <returns>Null when all went well; else the reason, as the rest of a sentence.</returns>
    public abstract string? Read(Span<float> pixels);

    /// <summary>Gets the column's value. Loading is lazy: a file that is not there or cannot be decoded shows only now.</summary>
    /// <returns>Null when all went well; else the reason, as the rest of a sentence.</returns>
    protected static string? Load<T>(ValueGetter<T> getter, ref T value)
    {
        try
        {
            getter(ref value);
            return null;
        }
        catch (InvalidOperationException e) when (e.Message == "Object is disposed.") // MLImage's words
        {
            return "the image was disposed before it was read (ML.NET's ExtractPixels does so, and ResizeImages with images that have "
                + "the size already): give images that a program keeps in memory to the trainer directly";
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            return $"the image cannot be loaded ({e.Message})";
        }
    }

    // What a pixel of a file's stated size takes is allocated before it is decoded: a small file may state a huge one.
    private const long MostPixels = 1 << 27;

    /// <summary>Why an image of this size is not decoded, or null where it is.</summary>
    protected static string? TooLarge(int width, int height) => (long)width * height <= MostPixels ? null
        : $"the image is {width}x{height} pixels; images of more than {MostPixels / 1_000_000} million are not decoded";

    /// <summary>Why an image of this size is of no use to the model, or null where it fits.</summary>
    protected static string? SizeFault(int width, int height, ImageShape shape) => (width, height) == (shape.Width, shape.Height) ? null
        : $"the image is {width}x{height} pixels, but the model takes {shape.Width}x{shape.Height}";
}
