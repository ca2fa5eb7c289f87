using Bdia.Core.ImageClassification;
using Bdia.MLNet.ImageClassification;
using Bdia.MLNet.Tests.Support;
using Microsoft.ML;
using SkiaSharp;

namespace Bdia.MLNet.Tests.ImageClassification;

/// <summary>Files of a camera that was held sideways or upside down are seen upright.</summary>
public class OrientationTests
{
    private const int Width = 24, Height = 16;

    private static readonly MLContext context = new(1);

    private sealed class FileRow
    {
        public byte[] File { get; set; } = [];
    }

    public static IEnumerable<TheoryDataRow<int, bool>> Marks
        => from orientation in Enumerable.Range(1, 8) from bigEndian in new[] { false, true } select new TheoryDataRow<int,
        bool>(orientation, bigEndian);

    private static float[] Read(byte[] file, int width, int height, ImageFit? fit)
    {
        var view = context.Data.LoadFromEnumerable([new FileRow { File = file }]);
        using var cursor = view.GetRowCursor(view.Schema);
        var shape = new ImageShape(3, height, width);
        var reader = ImageReader.Create(cursor, view.Schema["File"], shape, PixelLayout.Planar, fit);
        var planes = new float[shape.Size];
        cursor.MoveNext();
        Assert.Null(reader.Read(planes));
        return planes;
    }

    private static float[] Upright(float[] stored, int orientation)
    {
        var (width, height) = orientation >= 5 ? (Height, Width) : (Width, Height);
        var upright = new float[stored.Length];
        for (var c = 0; c < 3; c++)
            for (var row = 0; row < Height; row++)
                for (var column = 0; column < Width; column++)
                {
                    var (y, x) = Exif.Visual(orientation, row, column, Width, Height);
                    upright[(c * height + y) * width + x] = stored[(c * Height + row) * Width + column];
                }
        return upright;
    }

    [Theory]
    [MemberData(nameof(Marks))]
    public void All_eight_orientations_are_seen_upright_in_every_kind_of_file_that_states_one(int orientation, bool bigEndian)
    {
        var fit = new ImageFit(default, default);
        foreach (var (plain, marked) in new[]
        {
            (Pictures.Encoded(Height, Width), Exif.InPng(Pictures.Encoded(Height, Width), orientation, bigEndian)),
            (Pictures.Encoded(Height, Width, SKEncodedImageFormat.Jpeg),
                Exif.InJpeg(Pictures.Encoded(Height, Width, SKEncodedImageFormat.Jpeg), orientation, bigEndian)),
            (Pictures.Encoded(Height, Width, SKEncodedImageFormat.Webp),
                Exif.InWebp(Pictures.Encoded(Height, Width, SKEncodedImageFormat.Webp), Width, Height, orientation, bigEndian)),
        })
        {
            var stored = Read(plain, Width, Height, fit);
            var (width, height) = orientation >= 5 ? (Height, Width) : (Width, Height);

            Assert.Equal(Upright(stored, orientation), Read(marked, width, height, fit));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    [InlineData(65535)]
    public void A_mark_that_means_nothing_is_none(int orientation)
        => Assert.Equal(Pictures.Planar(Height, Width),
            Read(Exif.InPng(Pictures.Encoded(Height, Width), orientation), Width, Height, new ImageFit(default, default)));

    [Fact]
    public void Marks_that_are_cut_short_or_lead_nowhere_are_none()
    {
        var file = Exif.InPng(Pictures.Encoded(Height, Width), 6);
        var (mark, plain) = (41, Read(Pictures.Encoded(Height, Width), Width, Height, new ImageFit(default, default)));

        for (var at = mark; at < mark + 36; at++)
        {
            for (var value = 0; value < 256; value += 51)
            {
                var damaged = (byte[])file.Clone();
                damaged[at] = (byte)value;
                Assert.InRange((int)PngOrientation.Of(damaged), 1, 8);
            }
            Assert.InRange((int)PngOrientation.Of(file.AsSpan(0, at)), 1, 1);
        }
        Assert.Equal(plain, Read(Pictures.Encoded(Height, Width), Width, Height, null));
    }

    [Fact]
    public void The_size_of_a_picture_is_that_of_the_upright_one()
    {
        var rows = context.Data.LoadFromEnumerable(
            [new FileRow { File = Exif.InJpeg(Pictures.Encoded(Height, Width, SKEncodedImageFormat.Jpeg), 6) }]);

        var (column, _) = ImageShapeFinder.Find(rows, "File", new AskedShape(null, null, null, PixelLayout.Automatic),
            4, new ImageFit(default, default));

        Assert.Equal(new ImageShape(3, Width, Height), column.Shape);
    }

    [Fact]
    public void A_model_scores_a_picture_that_was_held_sideways_as_the_upright_one()
    {
        using var model = new MLContext(1).MulticlassClassification.Trainers.BdiaImageClassification(ImageRows.Options("File"))
            .Fit(ImageRows.Labelled(context, ImageRows.Of(24)));
        var upright = ImageRows.Of(24).ToList();
        var turned = ImageRows.Of(24).ToList();
        for (var i = 0; i < turned.Count; i++)
            turned[i].File = Pictures.HeldAs(turned[i].File, 1 + i % 8);

        ScoredRows.Of(model.Transform(ImageRows.Labelled(context, turned)), "Score")
            .AssertEqual(ScoredRows.Of(model.Transform(ImageRows.Labelled(context, upright)), "Score"));
    }
}
