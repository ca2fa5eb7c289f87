using Microsoft.ML.Data;
using SkiaSharp;

namespace Bdia.MLNet.Tests.Support;

/// <summary>Small pictures in every form in which a pipeline hands them over.</summary>
internal static class Pictures
{
    /// <summary>A colour value that depends on all its coordinates, so that no mix-up goes unseen.</summary>
    public static byte Value(int channel, int y, int x, int seed = 0) => (byte)(17 + 71 * channel + 13 * y + 5 * x + 31 * seed);

    public static float[] Planar(int height, int width, int channels = 3, int seed = 0)
        => [.. from c in Enumerable.Range(0, channels) from y in Enumerable.Range(0, height) from x in Enumerable.Range(0,
            width) select (float)Value(c, y, x, seed)];

    public static float[] Interleaved(int height, int width, int channels = 3, int seed = 0)
        => [.. from y in Enumerable.Range(0, height) from x in Enumerable.Range(0, width) from c in Enumerable.Range(0,
            channels) select (float)Value(c, y, x, seed)];

    public static MLImage Image(int height, int width, MLPixelFormat format = MLPixelFormat.Bgra32, int seed = 0)
    {
        var pixels = new byte[4 * height * width];
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                for (var c = 0; c < 3; c++)
                    pixels[4 * (y * width + x) + (format == MLPixelFormat.Bgra32 ? 2 - c : c)] = Value(c, y, x, seed);
                pixels[4 * (y * width + x) + 3] = 255;
            }
        }
        return MLImage.CreateFromPixels(width, height, format, pixels);
    }

    public static byte[] Encoded(int height, int width, SKEncodedImageFormat format = SKEncodedImageFormat.Png, int seed = 0)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Bgra8888, SKAlphaType.Opaque));
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
                bitmap.SetPixel(x, y, new SKColor(Value(0, y, x, seed), Value(1, y, x, seed), Value(2, y, x, seed)));
        }
        using var data = bitmap.Encode(format, 90);
        return data.ToArray();
    }

    /// <summary>The same picture in a PNG file as of a camera that was held otherwise, with the mark that says so.</summary>
    public static byte[] HeldAs(byte[] upright, int orientation)
    {
        using var seen = SKBitmap.Decode(upright);
        var (width, height) = orientation >= 5 ? (seen.Height, seen.Width) : (seen.Width, seen.Height);
        using var stored = new SKBitmap(new SKImageInfo(width, height, SKColorType.Bgra8888, SKAlphaType.Opaque));
        for (var row = 0; row < height; row++)
        {
            for (var column = 0; column < width; column++)
            {
                var (y, x) = Exif.Visual(orientation, row, column, width, height);
                stored.SetPixel(column, row, seen.GetPixel(x, y));
            }
        }
        using var data = stored.Encode(SKEncodedImageFormat.Png, 100);
        return Exif.InPng(data.ToArray(), orientation);
    }

    /// <summary>A small PNG file that states a size and is whole as far as that.</summary>
    public static byte[] Bomb(int width, int height)
    {
        var file = Encoded(8, 8);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(16), width);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(20), height);
        Exif.Checksum(file.AsSpan(12, 17)).CopyTo(file, 29); // of the header
        return file;
    }

    /// <summary>A PNG file of pixels in the order red, green, blue, alpha.</summary>
    public static byte[] Png(byte[] pixels, int height, int width, SKAlphaType alpha = SKAlphaType.Opaque)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, alpha));
        System.Runtime.InteropServices.Marshal.Copy(pixels, 0, bitmap.GetPixels(), pixels.Length);
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }
}
