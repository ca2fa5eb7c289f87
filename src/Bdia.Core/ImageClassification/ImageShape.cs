namespace Bdia.Core.ImageClassification;

/// <summary>Size of an image (C, H, W).</summary>
/// <param name="Channels">3 for colour, 1 for grey.</param>
/// <param name="Height">Rows of pixels.</param>
/// <param name="Width">Columns of pixels.</param>
public readonly record struct ImageShape(int Channels, int Height, int Width)
{
    /// <summary>Pixels of one channel, H W.</summary>
    public int Area => Height * Width;

    /// <summary>Values of an image, C H W.</summary>
    public int Size => Channels * Area;

    /// <summary>The size in words.</summary>
    /// <returns>As "32x24 pixels with 3 channels": width first, as it is said of images.</returns>
    public override string ToString() => $"{Width}x{Height} pixels with {Channels} channel{(Channels == 1 ? "" : "s")}";
}
