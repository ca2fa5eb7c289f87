namespace Bdia.MLNet.ImageClassification;

/// <summary>Size of the images that a model takes.</summary>
internal sealed record ImageShape(int Channels, int Height, int Width)
{
    public int Area => Height * Width;

    /// <summary>Values per image.</summary>
    public int Size => Channels * Area;

    public override string ToString() => $"{Width}x{Height} pixels with {Channels} channel{(Channels == 1 ? "" : "s")}";
}
