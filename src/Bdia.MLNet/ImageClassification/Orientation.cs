namespace Bdia.MLNet.ImageClassification;

/// <summary>
/// Where the first stored row and the first stored column of a picture lie when it is held upright, by the numbers of EXIF's tag 0x0112.
/// </summary>
internal enum Orientation
{
    TopLeft = 1,
    TopRight = 2,
    BottomRight = 3,
    BottomLeft = 4,
    LeftTop = 5,
    RightTop = 6,
    RightBottom = 7,
    LeftBottom = 8,
}

/// <summary>What an orientation makes of sizes and places.</summary>
internal static class Orientations
{
    /// <summary>Width and height of the upright picture, of those that are stored.</summary>
    public static (int Width, int Height) Upright(this Orientation orientation, int width, int height)
        => orientation >= Orientation.LeftTop ? (height, width) : (width, height);

    /// <summary>
    /// The stored pixel that is the upright picture's upper left one, and how many further on its neighbours to the right and below are
    /// stored.
    /// </summary>
    public static (int First, int Right, int Down) Steps(this Orientation orientation, int width, int height)
    {
        var (lastColumn, lastRow) = (width - 1, (height - 1) * width);
        return orientation switch
        {
            Orientation.TopRight => (lastColumn, -1, width),
            Orientation.BottomRight => (lastRow + lastColumn, -1, -width),
            Orientation.BottomLeft => (lastRow, 1, -width),
            Orientation.LeftTop => (0, width, 1),
            Orientation.RightTop => (lastRow, -width, 1),
            Orientation.RightBottom => (lastRow + lastColumn, -width, -1),
            Orientation.LeftBottom => (lastColumn, width, -1),
            _ => (0, 1, width),
        };
    }
}
