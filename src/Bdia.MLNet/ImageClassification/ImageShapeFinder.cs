using Bdia.Core.ImageClassification;
using Bdia.MLNet.Scoring;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Bdia.MLNet.ImageClassification;

/// <summary>What the options say about the size of the images; null and <see cref="PixelLayout.Automatic"/> leave it to the data.</summary>
internal sealed record AskedShape(int? Channels, int? Height, int? Width, PixelLayout Layout)
{
    /// <summary>Fills in what was not asked for; where both speak they must agree.</summary>
    public ImageShape Complete(ImageShape found, string column)
    {
        if ((Channels ?? found.Channels, Height ?? found.Height, Width ?? found.Width) != (found.Channels, found.Height, found.Width))
        {
            var asked = found with { Channels = Channels ?? found.Channels, Height = Height ?? found.Height, Width = Width ?? found.Width };
            throw new ArgumentException(
                $"The options ask for images of {asked}, but column '{column}' holds {found}. " +
                "Leave ImageHeight, ImageWidth and Channels unset, or resize the images.");
        }
        return found;
    }
}

/// <summary>Finds the size of the images in a column: from the options, from its type, or from images that can be read.</summary>
internal static class ImageShapeFinder
{
    private const int ColorChannels = 3;

    /// <returns>The column, and what there is to say about the size that was chosen.</returns>
    /// <param name="data">The rows.</param>
    /// <param name="name">The column.</param>
    /// <param name="asked">What the options say.</param>
    /// <param name="patch">Side of a patch.</param>
    /// <param name="fit">What is done to pictures.</param>
    /// <param name="usual">Size of pictures where the options leave it open; null: what the pictures have.</param>
    public static (ImageColumn Column, string? Note) Find(IDataView data, string name, AskedShape asked, int patch, ImageFit fit,
        SizeChoice? usual = null)
    {
        var form = ImageColumn.FormOf(ImageColumn.Requirement(name).Check(data.Schema))!.Value;
        var column = data.Schema[name];
        if (form == ImageForm.Pixels)
        {
            var vector = (VectorDataViewType)column.Type;
            var layout = PixelVector.Layout(vector, asked.Layout);
            return (new ImageColumn(name, form, PixelVector.Shape(vector, layout) is { } shape
                ? asked.Complete(shape, name) : FlatShape(vector.Size, name, asked), layout), null);
        }
        var size = asked is { Width: { } width, Height: { } height } ? new SizeChoice(width, height)
            : usual is not null && asked is { Width: null, Height: null } ? usual
            : column.Type is ImageDataViewType { Width: > 0 } image ? ImageSizes.Told(image.Width, image.Height, asked, patch)
            : ImageSizes.Of(Sizes(data, column, form), asked, patch, fit.Resizing);
        var channels = asked.Channels ?? ColorChannels; // bitmaps have all colours; one channel asks for their luminance
        return (new ImageColumn(name, form, new ImageShape(channels, size.Height, size.Width), PixelLayout.Planar, fit), size.Note);
    }

    private static ImageShape FlatShape(int size, string name, AskedShape asked)
    {
        foreach (var channels in asked.Channels is { } one ? [one] : new[] { ColorChannels, 1 })
        {
            var area = size / channels;
            var side = (int)Math.Round(Math.Sqrt(area));
            var height = asked.Height ?? (asked.Width is { } w ? area / w : side);
            var width = asked.Width ?? (asked.Height is { } h ? area / h : side);
            if (height > 0 && width > 0 && (long)channels * height * width == size)
                return new ImageShape(channels, height, width);
        }
        throw new ArgumentException($"Column '{name}' has {size} values, which make no "
            + $"{(asked.Height is null && asked.Width is null ? "square " : "")}image with {asked.Channels?.ToString() ?? "1 or 3"} "
            + "channels" +
            $"{(asked.Height is { } high ? $" and height {high}" : "")}{(asked.Width is { } wide ? $" and width {wide}" : "")}. Set "
                + $"ImageHeight, ImageWidth and Channels so that their product is {size}.");
    }

    // Rows without a readable image are passed over here; whether they end the training is decided when they are read for it.
    private static List<(int Width, int Height)> Sizes(IDataView data, DataViewSchema.Column column, ImageForm form)
    {
        using var cursor = data.OpenSingle([column]);
        var size = form == ImageForm.Image ? BitmapReader.Sizes(cursor, column) : EncodedImageReader.Sizes(cursor, column);
        var (rows, sizes) = (0L, new List<(int, int)>());
        for (; sizes.Count < ImageSizes.LookedAt && cursor.MoveNextExplained(); rows++)
        {
            if (size() is { } found)
                sizes.Add(found);
        }
        return sizes.Count > 0 ? sizes : throw new InvalidDataException(rows == 0 ? "The training data is empty: it has no rows."
            : $"None of the {rows} rows has a readable image in column '{column.Name}'. Row 0: {FirstFault(data, column)}.");
    }

    // No image of any size can be read, so that the size asked for here does not matter.
    private static string? FirstFault(IDataView data, DataViewSchema.Column column)
    {
        using var cursor = data.OpenSingle([column]);
        var shape = new ImageShape(ColorChannels, 1, 1);
        return cursor.MoveNextExplained()
            ? ImageReader.Create(cursor, column, shape, PixelLayout.Planar, new ImageFit(default, default))
            .Read(new float[shape.Size]) : null;
    }
}
