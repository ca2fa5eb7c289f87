namespace Bdia.MLNet.Tests.Support;

/// <summary>Writes small GIF files, which the decoder's library cannot.</summary>
internal static class Gif
{
    /// <param name="width">Pixels in a row.</param>
    /// <param name="height">Rows.</param>
    /// <param name="pixels">Places in the palette.</param>
    /// <param name="palette">Up to four colours.</param>
    /// <param name="transparent">The place whose pixels are transparent.</param>
    public static byte[] Of(int width, int height, int[] pixels, (byte Red, byte Green, byte Blue)[] palette, int transparent)
    {
        var colors = palette.SelectMany(color => new[] { color.Red, color.Green, color.Blue }).Concat(new byte[12]).Take(12);
        var data = Codes(pixels);
        return
        [
            .. "GIF89a"u8, (byte)width, 0, (byte)height, 0, 0b1_000_0_001, 0, 0, .. colors,
            0x21, 0xF9, 4, 1, 0, 0, (byte)transparent, 0,
            0x2C, 0, 0, 0, 0, (byte)width, 0, (byte)height, 0, 0, 2,
                .. data.Chunk(255).SelectMany(part => part.Prepend((byte)part.Length)), 0, 0x3B,
        ];
    }

    // LZW that never uses its table: it is cleared after every other pixel, so that codes stay three bits long.
    private static byte[] Codes(int[] pixels)
    {
        const int clear = 4, end = 5, length = 3;
        var codes = pixels.Chunk(2).SelectMany(pair => new[] { clear }.Concat(pair)).Append(end);
        var bits = codes.SelectMany(code => Enumerable.Range(0, length).Select(bit => code >> bit & 1)).ToArray();
        return [.. bits.Chunk(8).Select(eight => (byte)eight.Select((bit, i) => bit << i).Sum())];
    }
}
