using SkiaSharp;

namespace Bdia.Tool.Tests.Support;

/// <summary>Small pictures of classes that are easy to tell apart.</summary>
internal static class Pictures
{
    public static readonly (string Name, SKColor Color)[] Classes =
        [("dark", new(20, 20, 40)), ("green", new(30, 180, 40)), ("red", new(220, 40, 30))];

    /// <summary>A PNG of one colour with noise.</summary>
    public static byte[] Png(int ofClass, int seed, int side = 8)
    {
        var (random, color) = (new Random(seed), Classes[ofClass].Color);
        using var bitmap = new SKBitmap(new SKImageInfo(side, side, SKColorType.Rgba8888, SKAlphaType.Opaque));
        for (var y = 0; y < side; y++)
            for (var x = 0; x < side; x++)
                bitmap.SetPixel(x, y, new SKColor(Noisy(color.Red), Noisy(color.Green), Noisy(color.Blue)));
        using var file = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return file.ToArray();

        byte Noisy(byte value) => (byte)Math.Clamp(value + random.Next(-20, 21), 0, 255);
    }

    /// <summary>A folder of class folders.</summary>
    public static string Folder(TemporaryFolder folder, string name = "pictures", int each = 12, int classes = 3)
    {
        for (var i = 0; i < each; i++)
            for (var c = 0; c < classes; c++)
                folder.Write($"{name}/{Classes[c].Name}/{i:00}.png", Png(c, (100 * c) + i));
        return folder.At(name);
    }
}
