using SkiaSharp;

namespace Bdia.Reports.Pages;

/// <summary>Small pictures within the page.</summary>
internal static class Thumbnail
{
    private const int Side = 112, Quality = 78;

    /// <summary>A picture as an address that holds it; null where it cannot be read.</summary>
    public static string? Of(Func<byte[]> load)
    {
        try
        {
            using var data = SKData.CreateCopy(load());
            using var codec = SKCodec.Create(data);
            if (codec is null) return null;
            using var whole = SKBitmap.Decode(codec);
            if (whole is null) return null;
            var turned = codec.EncodedOrigin is SKEncodedOrigin.RightTop or SKEncodedOrigin.LeftBottom or SKEncodedOrigin.LeftTop
                or SKEncodedOrigin.RightBottom;
            var scale = Side / (float)Math.Max(whole.Width, whole.Height);
            var (width, height) = (Math.Max(1, (int)(whole.Width * scale)), Math.Max(1, (int)(whole.Height * scale)));
            using var small = new SKBitmap(new SKImageInfo(turned ? height : width, turned ? width : height, SKColorType.Rgba8888,
                SKAlphaType.Opaque));
            using (var canvas = new SKCanvas(small))
            using (var paint = new SKPaint { FilterQuality = SKFilterQuality.High })
            {
                canvas.Clear(SKColors.White);
                Turn(canvas, codec.EncodedOrigin, small.Width, small.Height);
                canvas.DrawBitmap(whole, new SKRect(0, 0, width, height), paint);
            }

            using var jpeg = small.Encode(SKEncodedImageFormat.Jpeg, Quality);
            return $"data:image/jpeg;base64,{Convert.ToBase64String(jpeg.ToArray())}";
        }
        catch (IOException)
        {
            return null; // the row is told without its picture
        }
    }

    private static void Turn(SKCanvas canvas, SKEncodedOrigin origin, int width, int height)
    {
        switch (origin)
        {
            case SKEncodedOrigin.BottomRight:
                canvas.RotateDegrees(180, width / 2f, height / 2f);
                break;
            case SKEncodedOrigin.RightTop or SKEncodedOrigin.RightBottom:
                canvas.Translate(width, 0);
                canvas.RotateDegrees(90);
                break;
            case SKEncodedOrigin.LeftBottom or SKEncodedOrigin.LeftTop:
                canvas.Translate(0, height);
                canvas.RotateDegrees(-90);
                break;
        }
    }
}
