namespace Bdia.Data.Pictures;

/// <summary>A picture of a data set, which is loaded when it is asked for.</summary>
/// <param name="Name">What it is known by: its path within a folder, or its row.</param>
/// <param name="Label">The name of its class; "" where it has none.</param>
/// <param name="Load">Gives the bytes of a picture file (jpg, png, bmp, gif, webp), those of the data set's own where it has files.</param>
public sealed record PictureItem(string Name, string Label, Func<byte[]> Load);
