using Bdia.Core.ImageClassification;
using Bdia.MLNet.Columns;
using Bdia.MLNet.Internals;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.MLNet.ImageClassification;

/// <summary>
/// Names for the slots of a vector of pixels that has none, in the schema of the scored rows: without any, ML.NET's
/// PermutationFeatureImportance of a chain or a loaded model does all its work and then fails.
/// </summary>
internal static class PixelNames
{
    private const string Kind = ScoreColumns.SlotNames;

    /// <summary>The annotations of a source column, and the names where it is the model's vector and has none.</summary>
    public static DataViewSchema.Annotations Of(DataViewSchema.Column column, ImageColumn image)
    {
        if (image.Form != ImageForm.Pixels || column.Name != image.Name || column.IsHidden
            || column.Annotations.Schema.GetColumnOrNull(Kind) is not null)
            return column.Annotations;
        var layout = PixelVector.Layout((VectorDataViewType)column.Type, PixelLayout.Automatic, image.Layout);
        var builder = new DataViewSchema.Annotations.Builder();
        builder.Add(column.Annotations, _ => true);
        builder.Add(Kind, new VectorDataViewType(TextDataViewType.Instance, image.Shape.Size), (ref VBuffer<ReadOnlyMemory<char>> names) =>
        {
            var editor = VBufferEditor.Create(ref names, image.Shape.Size);
            for (var slot = 0; slot < image.Shape.Size; slot++)
                editor.Values[slot] = Name(slot, image.Shape, layout).AsMemory();
            names = editor.Commit();
        });
        return builder.ToAnnotations();
    }

    /// <summary>The promise that <see cref="Of"/> keeps.</summary>
    public static SchemaShape.Column Shape(SchemaShape.Column column)
        => ImageColumn.FormOf(column) != ImageForm.Pixels || column.Annotations.Any(annotation => annotation.Name == Kind) ? column
            : ColumnShapes.With(column, ColumnShapes.Vector(Kind, TextDataViewType.Instance));

    private static string Name(int slot, ImageShape shape, PixelLayout layout)
    {
        var (channel, pixel) = layout == PixelLayout.Interleaved ? (slot % shape.Channels, slot / shape.Channels)
            : (slot / shape.Area, slot % shape.Area);
        return $"channel {channel}, row {pixel / shape.Width}, column {pixel % shape.Width}";
    }
}
