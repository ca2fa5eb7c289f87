namespace Bdia.Data.Pictures;

/// <summary>Channels (1 grey, 3 colour), height and width of every picture of a data set.</summary>
public readonly record struct PictureSize(int Channels, int Height, int Width)
{
    /// <summary>Values in one picture.</summary>
    public int Values => Channels * Height * Width;

    /// <summary>As people write it.</summary>
    public override string ToString() => $"{Width} x {Height} {(Channels == 1 ? "grey" : "colour")}";
}
