using System.Buffers;
using Bdia.Core.ImageClassification;

namespace Bdia.MLNet.ImageClassification;

/// <summary>Brings decoded pictures of any size to planes of the model's size. One reader owns it; it is not for several threads.</summary>
/// <param name="shape">The size.</param>
/// <param name="fit">How; null where pictures have that size and are opaque, as a model asks for that was saved before there was a
/// choice.</param>
internal sealed class ImageFitter(ImageShape shape, ImageFit? fit)
{
    private readonly ImageFit fit = fit ?? new ImageFit(default, default);
    private readonly byte[] rgb = new byte[3 * shape.Area];
    private (int Width, int Height) framedSize;
    private Framing? framing;

    /// <summary>Writes a picture.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="planes">(C, H, W), each value a whole number from 0 to 255.</param>
    public void Write(Raster picture, Span<float> planes)
    {
        if ((picture.Width, picture.Height) != (shape.Width, shape.Height))
        {
            Resample(picture);
            Bitmaps.ToPlanes(rgb, stride: 3, redFirst: true, shape, planes);
        }
        else if (picture.Alpha == AlphaKind.None && picture.Orientation == Orientation.TopLeft)
        {
            Bitmaps.ToPlanes(picture.Bytes, stride: 4, picture.RedFirst, shape, planes);
        }
        else
        {
            for (var y = 0; y < shape.Height; y++)
                picture.CopyRow(y, 0, fit.Ground, TargetRow(y));
            Bitmaps.ToPlanes(rgb, stride: 3, redFirst: true, shape, planes);
        }
    }

    private Span<byte> TargetRow(int y) => rgb.AsSpan(3 * shape.Width * y, 3 * shape.Width);

    private void Resample(Raster picture)
    {
        if (framing is null || framedSize != (picture.Width, picture.Height))
        {
            framing = Framing.Of(fit.Resizing, picture.Width, picture.Height, shape.Width, shape.Height);
            framedSize = (picture.Width, picture.Height);
        }
        var (across, down) = (framing.Across, framing.Down);
        var rowLength = 3 * across.Count;
        var source = ArrayPool<byte>.Shared.Rent(3 * (across.To - across.From));
        var rows = ArrayPool<float>.Shared.Rent(rowLength * (down.To - down.From)); // all rows that are shown, with the columns done
        try
        {
            var sourceRow = source.AsSpan(0, 3 * (across.To - across.From));
            for (var y = down.From; y < down.To; y++)
            {
                picture.CopyRow(y, across.From, fit.Ground, sourceRow);
                Columns(sourceRow, across, rows.AsSpan(rowLength * (y - down.From), rowLength));
            }
            fit.Ground.Fill(rgb);
            for (var y = 0; y < down.Count; y++)
                Row(rows, rowLength, down, y, TargetRow(framing.Top + y).Slice(3 * framing.Left, rowLength));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(source);
            ArrayPool<float>.Shared.Return(rows);
        }
    }

    private static void Columns(ReadOnlySpan<byte> source, AxisSampling across, Span<float> target)
    {
        for (var x = 0; x < across.Count; x++)
        {
            var weights = across.Weights(x);
            var pixels = source.Slice(3 * (across.First(x) - across.From), 3 * weights.Length);
            var (red, green, blue) = (0f, 0f, 0f);
            for (var i = 0; i < weights.Length; i++)
            {
                red += weights[i] * pixels[3 * i];
                green += weights[i] * pixels[3 * i + 1];
                blue += weights[i] * pixels[3 * i + 2];
            }
            (target[3 * x], target[3 * x + 1], target[3 * x + 2]) = (red, green, blue);
        }
    }

    private static void Row(ReadOnlySpan<float> rows, int rowLength, AxisSampling down, int y, Span<byte> target)
    {
        var weights = down.Weights(y);
        var shown = rows.Slice(rowLength * (down.First(y) - down.From), rowLength * weights.Length);
        for (var x = 0; x < rowLength; x++)
        {
            var sum = 0f;
            for (var i = 0; i < weights.Length; i++)
                sum += weights[i] * shown[rowLength * i + x];
            target[x] = (byte)Math.Clamp((int)(sum + 0.5f), 0, 255);
        }
    }
}
