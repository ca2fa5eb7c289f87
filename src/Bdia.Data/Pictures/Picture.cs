using System.Runtime.InteropServices;
using Microsoft.ML.Data;
using SkiaSharp;

namespace Bdia.Data.Pictures;

/// <summary>A picture in memory: one row of the data view.</summary>
public sealed class Picture
{
    /// <summary>Channel after channel, each row by row from the top left: red, green, blue; or grey alone.</summary>
    public byte[] Pixels { get; set; } = [];

    /// <summary>The name of its class.</summary>
    public string Class { get; set; } = "";

    /// <summary>The columns' types: <see cref="Pixels"/> with channels, height and width.</summary>
    public static SchemaDefinition Schema(PictureSize size)
    {
        var schema = SchemaDefinition.Create(typeof(Picture));
        schema[nameof(Pixels)].ColumnType = new VectorDataViewType(NumberDataViewType.Byte, size.Channels, size.Height, size.Width);
        return schema;
    }

    /// <summary>The picture as a PNG file, with the same pixels; grey has its value in each colour.</summary>
    /// <param name="size">Its size.</param>
    /// <returns>The file's bytes.</returns>
    public byte[] ToPng(PictureSize size)
    {
        var plane = size.Height * size.Width;
        var (green, blue) = size.Channels == 1 ? (0, 0) : (plane, 2 * plane);
        var colours = new byte[4 * plane];
        for (var i = 0; i < plane; i++)
            (colours[4 * i], colours[(4 * i) + 1], colours[(4 * i) + 2], colours[(4 * i) + 3]) =
                (Pixels[i], Pixels[green + i], Pixels[blue + i], byte.MaxValue);
        using var bitmap = new SKBitmap(new SKImageInfo(size.Width, size.Height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        Marshal.Copy(colours, 0, bitmap.GetPixels(), colours.Length);
        using var file = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return file.ToArray();
    }
}
