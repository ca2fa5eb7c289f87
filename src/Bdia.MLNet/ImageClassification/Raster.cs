namespace Bdia.MLNet.ImageClassification;

/// <summary>What the fourth byte of a pixel says about the other three.</summary>
internal enum AlphaKind
{
    /// <summary>Nothing: the picture is opaque.</summary>
    None,

    /// <summary>How much of the colour covers what lies behind it.</summary>
    Straight,

    /// <summary>The same, and the colour has been multiplied by it.</summary>
    Premultiplied,
}

/// <summary>A decoded picture, seen upright: where in memory each pixel of four bytes lies, and what its bytes mean.</summary>
internal readonly ref struct Raster
{
    private readonly ReadOnlySpan<byte> bytes;
    private readonly int first, right, down; // byte of the upper left pixel; bytes from a pixel to the next to its right and below it

    /// <param name="bytes">Rows of pixels as they are stored, without gaps.</param>
    /// <param name="width">Stored pixels in a row.</param>
    /// <param name="height">Stored rows.</param>
    /// <param name="redFirst">Whether a pixel is red, green, blue; else it is blue, green, red.</param>
    /// <param name="alpha">What the fourth byte means.</param>
    /// <param name="orientation">How the stored rows and columns lie in the picture.</param>
    public Raster(ReadOnlySpan<byte> bytes, int width, int height, bool redFirst, AlphaKind alpha,
        Orientation orientation = Orientation.TopLeft)
    {
        this.bytes = bytes;
        (RedFirst, Alpha, Orientation) = (redFirst, alpha, orientation);
        (Width, Height) = orientation.Upright(width, height);
        (first, right, down) = orientation.Steps(width, height);
        (first, right, down) = (4 * first, 4 * right, 4 * down);
    }

    public int Width { get; }

    public int Height { get; }

    public bool RedFirst { get; }

    public AlphaKind Alpha { get; }

    public Orientation Orientation { get; }

    /// <summary>The pixels as they are stored.</summary>
    public ReadOnlySpan<byte> Bytes => bytes;

    /// <summary>Copies a part of a row of the upright picture, on a ground where it is transparent.</summary>
    /// <param name="y">The row.</param>
    /// <param name="x">The first pixel.</param>
    /// <param name="ground">The colour behind the picture.</param>
    /// <param name="rgb">Red, green and blue of as many pixels as it has room for.</param>
    public void CopyRow(int y, int x, Ground ground, Span<byte> rgb)
    {
        var (red, blue) = RedFirst ? (0, 2) : (2, 0);
        var at = first + y * down + x * right;
        for (var i = 0; i + 2 < rgb.Length; i += 3, at += right)
        {
            var pixel = bytes.Slice(at, 4);
            var behind = 255 - pixel[3];
            if (Alpha == AlphaKind.None || behind == 0)
                (rgb[i], rgb[i + 1], rgb[i + 2]) = (pixel[red], pixel[1], pixel[blue]);
            else if (Alpha == AlphaKind.Straight)
                (rgb[i], rgb[i + 1], rgb[i + 2]) =
                    (Over(pixel[red] * pixel[3], ground.Red, behind), Over(pixel[1] * pixel[3], ground.Green, behind),
                        Over(pixel[blue] * pixel[3], ground.Blue, behind));
            else
                (rgb[i], rgb[i + 1], rgb[i + 2]) =
                    (Over(pixel[red] * 255, ground.Red, behind), Over(pixel[1] * 255, ground.Green, behind),
                        Over(pixel[blue] * 255, ground.Blue, behind));
        }
    }

    // Porter and Duff's "over" on an opaque ground, rounded.
    private static byte Over(int colorTimes255, byte ground, int behind)
        => (byte)Math.Min(255, (colorTimes255 + ground * behind + 127) / 255);

    /// <summary>
    /// What the fourth byte of an image's pixels means, which no property of it tells: a premultiplied colour never exceeds it, and where
    /// it is 0 throughout beneath colours, it is unused.
    /// </summary>
    public static AlphaKind Guess(ReadOnlySpan<byte> pixels)
    {
        var (opaque, clear, straight) = (true, true, false);
        for (var i = 0; i + 3 < pixels.Length; i += 4)
        {
            var alpha = pixels[i + 3];
            opaque &= alpha == 255;
            clear &= alpha == 0;
            straight |= pixels[i] > alpha || pixels[i + 1] > alpha || pixels[i + 2] > alpha;
        }
        return opaque || clear && straight ? AlphaKind.None : straight ? AlphaKind.Straight : AlphaKind.Premultiplied;
    }

    /// <summary>Whether a pixel is not opaque.</summary>
    public static bool AnyTransparent(ReadOnlySpan<byte> pixels)
    {
        for (var i = 3; i < pixels.Length; i += 4)
        {
            if (pixels[i] != 255)
                return true;
        }
        return false;
    }
}
