using Microsoft.ML;
using Microsoft.ML.Data;
using SkiaSharp;

namespace Bdia.MLNet.ImageClassification;

/// <summary>
/// Reads a column with the bytes of image files. The decoder is the one behind <see cref="MLImage"/>, asked directly: MLImage takes a
/// file that ends too early for a whole one, half of it grey.
/// </summary>
internal sealed class EncodedImageReader(DataViewRow row, DataViewSchema.Column column, ImageShape shape) : ImageReader
{
    private readonly ValueGetter<VBuffer<byte>> getter = row.GetGetter<VBuffer<byte>>(column);
    private readonly byte[] bitmap = new byte[4 * shape.Area];
    private VBuffer<byte> file;

    public override string? Read(Span<float> pixels)
    {
        if (Load(getter, ref file) is { } reason)
            return reason;
        if (file.Length == 0)
            return "the image is empty (0 bytes)";
        using var codec = Open(file);
        if (codec is null)
            return Undecodable(file.Length);
        if (SizeFault(codec.Info.Width, codec.Info.Height, shape) is { } fault)
            return fault;
        var result = Decode(codec, bitmap);
        if (result != SKCodecResult.Success)
            return $"the image of {file.Length} bytes is damaged or cut short ({result})";
        Bitmaps.ToPlanes(bitmap, stride: 4, redFirst: false, shape, pixels);
        return null;
    }

    /// <summary>A function that gives width and height of the image in the current row, or null where there is none.</summary>
    public static Func<(int Width, int Height)?> Sizes(DataViewRow row, DataViewSchema.Column column)
    {
        var getter = row.GetGetter<VBuffer<byte>>(column);
        VBuffer<byte> file = default;
        return () =>
        {
            using var codec = Load(getter, ref file) is not null || file.Length == 0 ? null : Open(file);
            return codec is null ? null : (codec.Info.Width, codec.Info.Height);
        };
    }

    private static SKCodec? Open(VBuffer<byte> file)
    {
        using var data = SKData.CreateCopy(file.IsDense ? file.GetValues() : [.. file.DenseValues()]);
        return SKCodec.Create(data); // holds its own reference to the data
    }

    private static unsafe SKCodecResult Decode(SKCodec codec, byte[] bitmap)
    {
        var info = new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Bgra8888, codec.Info.AlphaType == SKAlphaType.Opaque ? SKAlphaType.Opaque : SKAlphaType.Premul);
        fixed (byte* pixels = bitmap)
            return codec.GetPixels(info, (nint)pixels);
    }

    private static string Undecodable(int bytes) => $"the image of {bytes} bytes cannot be decoded: it is no image file of a known kind, or damaged";
}
