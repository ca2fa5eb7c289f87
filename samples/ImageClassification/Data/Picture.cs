using Microsoft.ML.Data;

namespace Bdia.Samples.ImageClassification.Data;

/// <summary>A picture in memory: one row of the data view.</summary>
internal sealed class Picture
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
}

/// <summary>A picture in a file: one row of the data view. ML.NET's own transforms load it when it is needed.</summary>
internal sealed class PictureFile
{
    /// <summary>Full path of a jpg, png, bmp, gif or webp file.</summary>
    public string ImagePath { get; set; } = "";

    /// <summary>The name of its class.</summary>
    public string Class { get; set; } = "";
}
