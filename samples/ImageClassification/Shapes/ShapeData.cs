using Bdia.Data.Pictures;
using Bdia.Samples.ImageClassification.Data;
using Microsoft.ML;

namespace Bdia.Samples.ImageClassification.Shapes;

/// <summary>The data set that the sample draws itself: ten glyphs on small colour pictures, as many as asked for.</summary>
internal static class ShapeData
{
    /// <summary>Height and width of a picture.</summary>
    public const int PictureSize = 24;

    /// <summary>Draws both sets, each from its own sequence of random numbers, the classes in turn.</summary>
    public static PictureData Draw(MLContext mlContext, int trainRows, int testRows, int seed) => PictureData.InMemory(
        mlContext, "shapes drawn by this sample", new(3, PictureSize, PictureSize), [.. Glyphs.All.Select(glyph => glyph.Name)],
        Rows(trainRows, seed, part: 0), Rows(testRows, seed, part: 1));

    /// <summary>Draws some rows. Row i depends on the seed, the part and i alone: fewer rows are the first of more.</summary>
    public static IReadOnlyList<Picture> Rows(int count, int seed, uint part)
    {
        var painter = new ShapePainter(PictureSize);
        return [.. Enumerable.Range(0, count).Select(i =>
        {
            var glyph = i % Glyphs.All.Length;
            return new Picture { Pixels = painter.Draw(glyph, ((ulong)part << 32) | (uint)seed, i), Class = Glyphs.All[glyph].Name };
        })];
    }
}
