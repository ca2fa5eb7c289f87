namespace Bdia.Data.Pictures;

/// <summary>A picture in a file: one row of the data view. ML.NET's own transforms load it when it is needed.</summary>
public sealed class PictureFile
{
    /// <summary>Full path of a jpg, png, bmp, gif or webp file.</summary>
    public string ImagePath { get; set; } = "";

    /// <summary>The name of its class.</summary>
    public string Class { get; set; } = "";
}
