using Bdia.Data.Pictures;
using Bdia.Samples.Common.Reports;
using Bdia.Samples.ImageClassification.Data;
using SkiaSharp;

namespace Bdia.Samples.ImageClassification.Reports;

/// <summary>Test pictures with what the model takes them for, as a PNG: green where it is right, red where it is wrong.</summary>
internal static class ContactSheet
{
    private const int Columns = 10, Side = 104, Gap = 16, Caption = 40, Header = 56;
    private static readonly SKColor Right = new(0x2b, 0x8a, 0x3e), Wrong = new(0xc9, 0x2a, 0x2a), Ink = new(0x22, 0x22, 0x22);

    /// <summary>Writes the picture.</summary>
    public static void Save(string path, string title, PictureSize size, IReadOnlyList<Picture> pictures,
        IReadOnlyList<Prediction> predictions)
    {
        var rows = (predictions.Count + Columns - 1) / Columns;
        using var bitmap = new SKBitmap((Columns * (Side + Gap)) + Gap, Header + (rows * (Side + Caption)) + Gap);
        using var canvas = new SKCanvas(bitmap);
        using var typeface = SampleFont.Typeface();
        canvas.Clear(SKColors.White);
        Write(canvas, typeface, $"{title}: {predictions.Count(IsRight)} of these {predictions.Count} right",
            Gap, 36, 20, Ink, SKTextAlign.Left);
        for (var i = 0; i < predictions.Count; i++)
            Cell(canvas, typeface, Gap + (i % Columns * (Side + Gap)), Header + (i / Columns * (Side + Caption)),
                Image(size, pictures[i].Pixels), predictions[i]);

        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        using var file = File.Create(path);
        png.SaveTo(file);
    }

    private static void Cell(SKCanvas canvas, SKTypeface typeface, int x, int y, SKImage picture, Prediction row)
    {
        using var drawn = picture;
        var scale = Math.Min((float)Side / picture.Width, (float)Side / picture.Height);
        var (width, height) = (scale * picture.Width, scale * picture.Height);
        var area = SKRect.Create(x + ((Side - width) / 2), y + ((Side - height) / 2), width, height);
        // Small pictures keep their pixels visible, large ones are smoothed.
        canvas.DrawImage(picture, area, scale >= 1 ? new SKSamplingOptions(SKFilterMode.Nearest)
            : new SKSamplingOptions(SKCubicResampler.Mitchell));

        var color = IsRight(row) ? Right : Wrong;
        using var frame = new SKPaint { Style = SKPaintStyle.Stroke, StrokeWidth = IsRight(row) ? 2 : 4, Color = color };
        canvas.DrawRect(area, frame);
        Write(canvas, typeface, $"{Short(row.PredictedLabel)} {row.Score.Max():p0}", x + (Side / 2f), y + Side + 16,
            13, color, SKTextAlign.Center);
        if (!IsRight(row)) Write(canvas, typeface, $"is {Short(row.Class)}", x + (Side / 2f), y + Side + 31, 12, Ink, SKTextAlign.Center);
    }

    private static string Short(string name) => name.Length <= 14 ? name : name[..13] + "…";

    private static bool IsRight(Prediction row) => row.Class == row.PredictedLabel;

    private static SKImage Image(PictureSize size, byte[] values)
    {
        var plane = size.Height * size.Width;
        var bytes = new byte[4 * plane];
        for (var i = 0; i < plane; i++)
        {
            for (var channel = 0; channel < 3; channel++)
                bytes[(4 * i) + channel] = values[i + (size.Channels == 1 ? 0 : channel * plane)];
            bytes[(4 * i) + 3] = 255;
        }

        return SKImage.FromPixelCopy(new SKImageInfo(size.Width, size.Height, SKColorType.Rgba8888, SKAlphaType.Opaque), bytes);
    }

    private static void Write(SKCanvas canvas, SKTypeface typeface, string text, float x, float y, float points,
        SKColor color, SKTextAlign align)
    {
        using var font = new SKFont(typeface, points) { Edging = SKFontEdging.Antialias };
        using var paint = new SKPaint { Color = color, IsAntialias = true };
        // A long class name is narrowed to its cell.
        if (align == SKTextAlign.Center) font.ScaleX = Math.Min(1, (Side + Gap - 6) / font.MeasureText(text));
        canvas.DrawText(text, x, y, align, font, paint);
    }
}
