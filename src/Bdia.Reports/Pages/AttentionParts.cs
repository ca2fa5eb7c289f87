using Bdia.MLNet;
using Bdia.Reports.Rows;
using SkiaSharp;
using static Bdia.Reports.Pages.Html;

namespace Bdia.Reports.Pages;

/// <summary>A row with a picture of what the model looks at.</summary>
/// <param name="Row">The row.</param>
/// <param name="Prediction">What the model makes of it.</param>
/// <param name="Picture">The picture as the model sees it, as an address that holds it.</param>
/// <param name="Overlay">The same, bright where the model looks.</param>
internal sealed record Looked(DataRow Row, Prediction Prediction, string Picture, string Overlay);

/// <summary>Where a model of pictures looks, for a few rows of every kind.</summary>
internal static class AttentionParts
{
    private const int Shown = 8, Side = 128, Quality = 80;

    /// <summary>Computes it; none where the model is of no such kind.</summary>
    public static IReadOnlyList<Looked> Of(BdiaTransformer model, Evaluation evaluation)
    {
        if (model is not BdiaImageClassificationTransformer pictures || !AttentionRollout.Knows(pictures.Model.Model.Options)) return [];
        var looked = new List<Looked>();
        // One of each class in turn, as they come.
        foreach (var (row, prediction) in evaluation.Rows.Where(row => row.Prediction.Fault is null && row.Row.Picture is not null)
            .GroupBy(row => row.Row.Expected).SelectMany(group => group.Select((row, i) => (row, i))).OrderBy(item => item.i)
            .Select(item => item.row).Take(Shown))
            if (Look(pictures, row, prediction) is { } one) looked.Add(one);
        return looked;
    }

    public static void Write(Html html, IReadOnlyList<Looked> looked)
    {
        html.Paragraph("Attention rollout: patches that reach the class token through all blocks are bright, and the one "
            + "that reaches it least is darkest, in each picture by itself. It tells "
            + "where the network takes its information from, not why it decides as it does.");
        html.Raw("<ul class=\"shots\">");
        foreach (var (row, prediction, picture, overlay) in looked)
            html.Raw($"<li><img src=\"{picture}\" alt=\"{Encoded(row.Name)} as the model sees it\"><img src=\"{overlay}\" "
                + $"alt=\"{Encoded($"The same, bright where the model looks: {row.Expected}, taken for {prediction.Text}")}\">"
                + $"<b>{Encoded(row.Expected)}</b><br>taken for <b>{Encoded(prediction.Text)}</b> ({prediction.Score:p0})</li>");
        html.Raw("</ul>");
    }

    private static Looked? Look(BdiaImageClassificationTransformer model, DataRow row, Prediction prediction)
    {
        var network = model.Model.Model.Options;
        using var whole = SKBitmap.Decode(row.Picture!());
        if (whole is null) return null;
        using var seen = Cropped(whole, network.ImageWidth, network.ImageHeight);
        var (patches, _) = AttentionRollout.Of(model.Model, Pixels(seen, network.Channels));
        var (columns, least) = (network.ImageWidth / network.PatchSize, patches.Min());
        var range = Math.Max(1e-12f, patches.Max() - least);
        var scale = (float)Side / Math.Max(seen.Width, seen.Height);
        return new(row, prediction, Address(seen, scale, null), Address(seen, scale, canvas =>
        {
            using var paint = new SKPaint();
            var side = network.PatchSize * scale;
            for (var i = 0; i < patches.Length; i++)
            {
                paint.Color = SKColors.Black.WithAlpha((byte)(225 * (1 - Math.Sqrt((patches[i] - least) / range))));
                canvas.DrawRect(i % columns * side, i / columns * side, side, side, paint);
            }
        }));
    }

    // The middle, at the size of the network, as the model resizes by default; nearly, since it averages in its own way.
    private static SKBitmap Cropped(SKBitmap whole, int width, int height)
    {
        var scale = Math.Max((float)width / whole.Width, (float)height / whole.Height);
        var seen = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        using var canvas = new SKCanvas(seen);
        using var paint = new SKPaint { FilterQuality = SKFilterQuality.High };
        canvas.Clear(SKColors.White);
        canvas.DrawBitmap(whole, SKRect.Create((width - (whole.Width * scale)) / 2, (height - (whole.Height * scale)) / 2,
            whole.Width * scale, whole.Height * scale), paint);
        return seen;
    }

    private static float[] Pixels(SKBitmap picture, int channels)
    {
        var (colors, plane) = (picture.Pixels, picture.Width * picture.Height);
        var pixels = new float[channels * plane];
        for (var i = 0; i < plane; i++)
        {
            if (channels == 1) pixels[i] = (0.299f * colors[i].Red) + (0.587f * colors[i].Green) + (0.114f * colors[i].Blue);
            else (pixels[i], pixels[plane + i], pixels[(2 * plane) + i]) = (colors[i].Red, colors[i].Green, colors[i].Blue);
        }

        return pixels;
    }

    private static string Address(SKBitmap picture, float scale, Action<SKCanvas>? over)
    {
        using var large = new SKBitmap(new SKImageInfo((int)(picture.Width * scale), (int)(picture.Height * scale), SKColorType.Rgba8888,
            SKAlphaType.Opaque));
        using (var canvas = new SKCanvas(large))
        using (var paint = new SKPaint { FilterQuality = SKFilterQuality.Medium })
        {
            canvas.DrawBitmap(picture, new SKRect(0, 0, large.Width, large.Height), paint);
            over?.Invoke(canvas);
        }

        using var jpeg = large.Encode(SKEncodedImageFormat.Jpeg, Quality);
        return $"data:image/jpeg;base64,{Convert.ToBase64String(jpeg.ToArray())}";
    }
}
