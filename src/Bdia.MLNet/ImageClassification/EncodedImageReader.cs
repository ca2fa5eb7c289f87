using System.Buffers;
using Bdia.Core.ImageClassification;
using Microsoft.ML;
using Microsoft.ML.Data;
using SkiaSharp;

namespace Bdia.MLNet.ImageClassification;

/// <summary>
/// Reads a column with the bytes of image files. The decoder is the one behind <see cref="MLImage"/>, asked directly: MLImage takes a
/// file that ends too early for a whole one, half of it grey, and forgets which way up the camera was held.
/// </summary>
internal sealed class EncodedImageReader(DataViewRow row, DataViewSchema.Column column, ImageShape shape, ImageFit? fit) : ImageReader
{
    private readonly ValueGetter<VBuffer<byte>> getter = row.GetGetter<VBuffer<byte>>(column);
    private readonly ImageFitter fitter = new(shape, fit);
    private VBuffer<byte> file;

    public override string? Read(Span<float> pixels)
    {
        if (Load(getter, ref file) is { } reason)
            return reason;
        if (file.Length == 0)
            return "the image is empty (0 bytes)";
        var bytes = Bytes(file);
        using var codec = Open(bytes);
        if (codec is null)
            return $"the image of {file.Length} bytes cannot be decoded: it is damaged, or of no kind that is read (JPEG, PNG, GIF, BMP, "
                + "WebP, ICO)";
        var (width, height) = (codec.Info.Width, codec.Info.Height);
        if (fit is null && SizeFault(width, height, shape) is { } fault)
            return fault;
        if (TooLarge(width, height) is { } large)
            return large;

        var bitmap = ArrayPool<byte>.Shared.Rent(4 * width * height);
        try
        {
            var opaque = codec.Info.AlphaType == SKAlphaType.Opaque;
            var result = Decode(codec, bitmap, opaque ? SKAlphaType.Opaque : fit is null ? SKAlphaType.Premul : SKAlphaType.Unpremul);
            if (result != SKCodecResult.Success)
                return $"the image of {file.Length} bytes is damaged or cut short ({result})";
            var decoded = bitmap.AsSpan(0, 4 * width * height);
            var orientation = fit is null ? Orientation.TopLeft : OrientationOf(codec, bytes);
            var alpha = opaque || fit is null || !Raster.AnyTransparent(decoded) ? AlphaKind.None : AlphaKind.Straight;
            var picture = new Raster(decoded, width, height, redFirst: false, alpha, orientation);
            fitter.Write(picture, pixels);
            Counts.Add((picture.Width, picture.Height) != (shape.Width, shape.Height), orientation != Orientation.TopLeft,
                alpha != AlphaKind.None);
            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bitmap);
        }
    }

    /// <summary>A function that gives width and height of the upright image in the current row, or null where there is none.</summary>
    public static Func<(int Width, int Height)?> Sizes(DataViewRow row, DataViewSchema.Column column)
    {
        var getter = row.GetGetter<VBuffer<byte>>(column);
        VBuffer<byte> file = default;
        return () =>
        {
            if (Load(getter, ref file) is not null || file.Length == 0)
                return null;
            var bytes = Bytes(file);
            using var codec = Open(bytes);
            return codec is null ? null : OrientationOf(codec, bytes).Upright(codec.Info.Width, codec.Info.Height);
        };
    }

    private static ReadOnlySpan<byte> Bytes(in VBuffer<byte> file) => file.IsDense ? file.GetValues() : file.DenseValues().ToArray();

    private static SKCodec? Open(ReadOnlySpan<byte> bytes)
    {
        using var data = SKData.CreateCopy(bytes);
        return SKCodec.Create(data); // holds its own reference to the data
    }

    private static Orientation OrientationOf(SKCodec codec, ReadOnlySpan<byte> bytes)
        => codec.EncodedFormat == SKEncodedImageFormat.Png ? PngOrientation.Of(bytes) : (Orientation)codec.EncodedOrigin;

    private static unsafe SKCodecResult Decode(SKCodec codec, byte[] bitmap, SKAlphaType alpha)
    {
        var info = new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Bgra8888, alpha);
        fixed (byte* pixels = bitmap)
            return codec.GetPixels(info, (nint)pixels);
    }
}
