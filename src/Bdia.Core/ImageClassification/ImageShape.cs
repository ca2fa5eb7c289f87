namespace Bdia.Core.ImageClassification;

/// <summary>Size of an image (C, H, W).</summary>
internal readonly record struct ImageShape(int Channels, int Height, int Width)
{
    /// <summary>Pixels of one channel.</summary>
    public int Plane => Height * Width;

    /// <summary>Values of an image.</summary>
    public int Pixels => Channels * Plane;
}
