using Bdia.Core.ImageClassification;
using Bdia.MLNet.Columns;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Bdia.MLNet.ImageClassification;

/// <summary>In what form a column holds images.</summary>
internal enum ImageForm
{
    /// <summary>An <see cref="MLImage"/>: what LoadImages gives.</summary>
    Image,

    /// <summary>The bytes of an image file: what LoadRawImageBytes gives.</summary>
    Encoded,

    /// <summary>Numbers, one per pixel and channel: what ExtractPixels gives.</summary>
    Pixels,
}

/// <summary>The image column as the model knows it: name, form, size and, for vectors with one dimension, order of the pixels.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Form">In what form it holds images.</param>
/// <param name="Shape">Size of the model's images.</param>
/// <param name="Layout">Order of the pixels of a vector.</param>
/// <param name="Fit">What is done to pictures; null for vectors, and for models that were saved before pictures of other sizes were
/// taken.</param>
internal sealed record ImageColumn(string Name, ImageForm Form, ImageShape Shape, PixelLayout Layout, ImageFit? Fit = null)
{
    /// <summary>The type of a column that fits exactly.</summary>
    public DataViewType Type => Form switch
    {
        ImageForm.Image => new ImageDataViewType(Shape.Height, Shape.Width),
        ImageForm.Encoded => new VectorDataViewType(NumberDataViewType.Byte),
        _ => Layout == PixelLayout.Interleaved
            ? new VectorDataViewType(NumberDataViewType.Single, Shape.Height, Shape.Width, Shape.Channels)
            : new VectorDataViewType(NumberDataViewType.Single, Shape.Channels, Shape.Height, Shape.Width),
    };

    /// <summary>What reads the column of a row.</summary>
    public ImageReader Reader(DataViewRow row) => ImageReader.Create(row, Find(row.Schema), Shape, Layout, Fit);

    /// <summary>What an estimator asks of its input before anything else is known.</summary>
    public static ColumnRequirement Requirement(string name) => new("feature", name, "Image, Vector<Single> or VarVector<Byte>",
        column => FormOf(column) is not null, Advice,
        dropped);

    private const string dropped =
        "Where it held MLImages: AppendCacheCheckpoint and Cache drop such columns. Leave them out; the trainer keeps the pixels itself.";

    private static string Advice(SchemaShape.Column column) => column switch
    {
        { Kind: SchemaShape.Column.VectorKind.Vector, ItemType: var item } when item.Equals(NumberDataViewType.Byte)
            => "Pixels as bytes come of ExtractPixels with outputAsFloatArray: false; leave that out, and it gives Single.",
        { Kind: SchemaShape.Column.VectorKind.VariableVector, ItemType: var item } when item.Equals(NumberDataViewType.Single)
            => "The length of the vector must be known: a float[] property needs [VectorType(channels, height, width)].",
        { ItemType: TextDataViewType } => "Load the images that the texts name with LoadRawImageBytes or LoadImages.",
        _ => "Load images with LoadRawImageBytes or LoadImages, or turn them into numbers with ExtractPixels.",
    };

    /// <summary>The form of a column, or null where it holds no images.</summary>
    public static ImageForm? FormOf(SchemaShape.Column column) => column switch
    {
        { Kind: SchemaShape.Column.VectorKind.Scalar, ItemType: ImageDataViewType } => ImageForm.Image,
        { Kind: SchemaShape.Column.VectorKind.VariableVector, ItemType: var item } when item.Equals(NumberDataViewType.Byte) =>
            ImageForm.Encoded,
        { Kind: SchemaShape.Column.VectorKind.Vector, ItemType: var item, IsKey: false } when item.Equals(NumberDataViewType.Single) =>
            ImageForm.Pixels,
        _ => null,
    };

    /// <summary>
    /// The column to read in <paramref name="schema"/>. Images and files are two ways to hand over the same pixels; numbers may be
    /// scaled in any way, so a model that was trained on numbers takes numbers, and no others do.
    /// </summary>
    public DataViewSchema.Column Find(DataViewSchema schema)
    {
        var expected = Form == ImageForm.Pixels ? $"Vector<Single> with {Shape.Size} values" : "Image or VarVector<Byte>";
        var advice = $"The model was trained on {(Form == ImageForm.Pixels ? $"pixel values of {Shape}" : $"images, as {Shape}")}; give "
            + "it the same.";
        new ColumnRequirement("feature", Name, expected, shape => FormOf(shape) is { } form
            && form == ImageForm.Pixels == (Form == ImageForm.Pixels), _ => advice, Form == ImageForm.Image ? dropped : "").Check(schema);
        var column = schema[Name];
        if (column.Type is VectorDataViewType { IsKnownSize: true } vector && vector.Size != Shape.Size)
            throw new ArgumentOutOfRangeException(nameof(schema),
                $"Schema mismatch for feature column '{Name}': expected {expected}, got {vector}. {advice}");
        if (Fit is null && column.Type is ImageDataViewType { Width: > 0 } image
            && (image.Width, image.Height) != (Shape.Width, Shape.Height))
            throw new ArgumentOutOfRangeException(nameof(schema),
                $"Schema mismatch for feature column '{Name}': expected Image<{Shape.Height}, {Shape.Width}>, got {image}. {advice} "
                + "ResizeImages changes the size.");
        return column;
    }
}
