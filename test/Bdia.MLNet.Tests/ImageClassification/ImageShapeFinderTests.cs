using Bdia.MLNet.ImageClassification;
using Bdia.MLNet.Tests.Support;
using Microsoft.ML;

namespace Bdia.MLNet.Tests.ImageClassification;

public class ImageShapeFinderTests
{
    private static readonly MLContext context = new(1);
    private static readonly AskedShape nothing = new(null, null, null, PixelLayout.Automatic);

    private sealed class FileRow
    {
        public byte[] Picture { get; set; } = [];
    }

    private static ImageColumn FindInVector(AskedShape asked, params int[] dimensions)
        => ImageShapeFinder.Find(Views.OfVectors(context, dimensions), "Picture", asked);

    [Fact]
    public void The_dimensions_of_a_vector_type_tell_size_and_order()
    {
        Assert.Equal((new ImageShape(3, 28, 30), PixelLayout.Planar), Parts(FindInVector(nothing, 3, 28, 30)));
        Assert.Equal((new ImageShape(3, 28, 30), PixelLayout.Interleaved), Parts(FindInVector(nothing, 28, 30, 3)));
        Assert.Equal((new ImageShape(1, 28, 30), PixelLayout.Planar), Parts(FindInVector(nothing, 1, 28, 30)));
        Assert.Equal((new ImageShape(3, 3, 3), PixelLayout.Planar), Parts(FindInVector(nothing, 3, 3, 3)));
        Assert.Equal((new ImageShape(3, 28, 3), PixelLayout.Interleaved), Parts(FindInVector(nothing with { Layout = PixelLayout.Interleaved }, 28, 3, 3)));

        static (ImageShape, PixelLayout) Parts(ImageColumn column) => (column.Shape, column.Layout);
    }

    [Theory]
    [InlineData(3072, null, null, null, 3, 32, 32)]
    [InlineData(784, null, null, null, 1, 28, 28)]
    [InlineData(600, null, 20, null, 3, 20, 10)]
    [InlineData(600, null, null, 20, 3, 10, 20)]
    [InlineData(600, 1, 20, null, 1, 20, 30)]
    [InlineData(600, 3, 10, 20, 3, 10, 20)]
    [InlineData(600, null, 20, 30, 1, 20, 30)]
    public void A_flat_vector_is_a_square_or_what_the_options_make_of_it(int size, int? askedChannels, int? askedHeight, int? askedWidth, int channels, int height, int width)
        => Assert.Equal(new ImageShape(channels, height, width), FindInVector(new AskedShape(askedChannels, askedHeight, askedWidth, PixelLayout.Automatic), size).Shape);

    [Fact]
    public void A_flat_vector_that_makes_no_image_is_refused_with_the_numbers()
    {
        var error = Assert.Throws<ArgumentException>(() => FindInVector(nothing, 600));
        Assert.Contains("600 values", error.Message, StringComparison.Ordinal);
        Assert.Contains("ImageHeight", error.Message, StringComparison.Ordinal);

        error = Assert.Throws<ArgumentException>(() => FindInVector(nothing with { Height = 7 }, 600));
        Assert.Contains("height 7", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_that_contradict_the_column_are_refused_with_both_sizes()
    {
        var error = Assert.Throws<ArgumentException>(() => FindInVector(nothing with { Height = 30 }, 3, 28, 28));

        Assert.Contains("28x30 pixels with 3 channels", error.Message, StringComparison.Ordinal);
        Assert.Contains("28x28 pixels with 3 channels", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_and_bitmaps_of_unknown_size_take_that_of_the_first_readable_image()
    {
        var files = context.Data.LoadFromEnumerable<FileRow>([new() { Picture = [] }, new() { Picture = [1, 2, 3] }, new() { Picture = Pictures.Encoded(8, 6) }, new() { Picture = Pictures.Encoded(4, 4) }]);
        using var folder = new TemporaryFolder();
        var images = Views.OfImages(context, folder.Path, null, Pictures.Encoded(8, 6));

        Assert.Equal(new ImageShape(3, 8, 6), ImageShapeFinder.Find(files, "Picture", nothing).Shape);
        Assert.Equal(new ImageShape(3, 8, 6), ImageShapeFinder.Find(images, "Picture", nothing).Shape);
        Assert.Equal(new ImageShape(1, 8, 6), ImageShapeFinder.Find(images, "Picture", nothing with { Channels = 1 }).Shape);
        Assert.Equal(new ImageShape(3, 5, 7), ImageShapeFinder.Find(files, "Picture", nothing with { Height = 5, Width = 7 }).Shape);
    }

    [Fact]
    public void Data_without_rows_or_without_a_readable_image_is_refused()
    {
        var empty = context.Data.LoadFromEnumerable(Array.Empty<FileRow>());
        var unreadable = context.Data.LoadFromEnumerable<FileRow>([new(), new() { Picture = [9] }]);

        Assert.Contains("empty", Assert.Throws<InvalidDataException>(() => ImageShapeFinder.Find(empty, "Picture", nothing)).Message, StringComparison.Ordinal);
        Assert.Contains("None of the 2 rows", Assert.Throws<InvalidDataException>(() => ImageShapeFinder.Find(unreadable, "Picture", nothing)).Message, StringComparison.Ordinal);
    }
}
