using Bdia.Core.ImageClassification;
using Bdia.MLNet.ImageClassification;
using Bdia.MLNet.Tests.Support;
using Microsoft.ML;
using Microsoft.ML.Transforms.Image;

namespace Bdia.MLNet.Tests.ImageClassification;

public class ImageShapeFinderTests
{
    private static readonly MLContext context = new(1);
    private static readonly AskedShape nothing = new(null, null, null, PixelLayout.Automatic);

    private sealed class FileRow
    {
        public byte[] Picture { get; set; } = [];
    }

    private static (ImageColumn Column, string? Note) Find(IDataView view, AskedShape asked, int patch = 4)
        => ImageShapeFinder.Find(view, "Picture", asked, patch, new ImageFit(ImageResizingEstimator.ResizingKind.IsoCrop, default));

    private static IDataView Files(params (int Width, int Height)[] sizes)
        => context.Data.LoadFromEnumerable(
            sizes.Select(size => new FileRow { Picture = size == default ? [1, 2, 3] : Pictures.Encoded(size.Height, size.Width) }));

    private static ImageColumn FindInVector(AskedShape asked, params int[] dimensions)
        => Find(Views.OfVectors(context, dimensions), asked).Column;

    [Fact]
    public void The_dimensions_of_a_vector_type_tell_size_and_order()
    {
        Assert.Equal((new ImageShape(3, 28, 30), PixelLayout.Planar), Parts(FindInVector(nothing, 3, 28, 30)));
        Assert.Equal((new ImageShape(3, 28, 30), PixelLayout.Interleaved), Parts(FindInVector(nothing, 28, 30, 3)));
        Assert.Equal((new ImageShape(1, 28, 30), PixelLayout.Planar), Parts(FindInVector(nothing, 1, 28, 30)));
        Assert.Equal((new ImageShape(3, 3, 3), PixelLayout.Planar), Parts(FindInVector(nothing, 3, 3, 3)));
        Assert.Equal((new ImageShape(3, 28, 3), PixelLayout.Interleaved),
            Parts(FindInVector(nothing with { Layout = PixelLayout.Interleaved }, 28, 3, 3)));

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
    public void A_flat_vector_is_a_square_or_what_the_options_make_of_it(int size, int? askedChannels,
        int? askedHeight, int? askedWidth, int channels, int height, int width)
        => Assert.Equal(new ImageShape(channels, height, width),
            FindInVector(new AskedShape(askedChannels, askedHeight, askedWidth, PixelLayout.Automatic), size).Shape);

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
    public void Files_and_bitmaps_that_all_have_one_size_keep_it()
    {
        var files = Files(default, (8, 12), default, (8, 12));
        using var folder = new TemporaryFolder();
        var images = Views.OfImages(context, folder.Path, null, Pictures.Encoded(12, 8), Pictures.Encoded(12, 8));

        Assert.Equal((new ImageShape(3, 12, 8), null), (Find(files, nothing).Column.Shape, Find(files, nothing).Note));
        Assert.Equal(new ImageShape(3, 12, 8), Find(images, nothing).Column.Shape);
        Assert.Equal(new ImageShape(1, 12, 8), Find(images, nothing with { Channels = 1 }).Column.Shape);
        Assert.Equal(new ImageShape(3, 5, 7), Find(files, nothing with { Height = 5, Width = 7 }).Column.Shape);
        Assert.Equal(new ImageShape(3, 24, 16), Find(files, nothing with { Height = 24 }).Column.Shape);
        Assert.Equal(new ImageShape(3, 24, 16), Find(images, nothing with { Width = 16 }).Column.Shape);
    }

    [Theory]
    [InlineData(4, 64, 64)]
    [InlineData(8, 128, 128)]
    [InlineData(1, 16, 16)]
    public void Sizes_that_differ_give_a_square_of_sixteen_patches_a_side_and_a_line_that_says_so(int patch, int width, int height)
    {
        var (column, note) = Find(Files((263, 320), (500, 400), (240, 240)), nothing, patch);

        Assert.Equal(new ImageShape(3, height, width), column.Shape);
        Assert.StartsWith($"The images have different sizes, from 240x240 to 500x400 pixels. They are resized to {width}x{height} "
            + "pixels (IsoCrop); set ImageWidth", note, StringComparison.Ordinal);
        Assert.Equal(new ImageShape(3, 96, 96), Find(Files((263, 320), (500, 400)), nothing with { Width = 96 }).Column.Shape);
    }

    [Theory]
    [InlineData(30, 45, 4, 32, 44)] // nearest multiples of the patch
    [InlineData(128, 128, 4, 128, 128)]
    [InlineData(132, 128, 4, 64, 64)] // 1056 patches
    [InlineData(150, 150, 4, 64, 64)]
    [InlineData(640, 480, 16, 256, 256)]
    [InlineData(448, 448, 16, 448, 448)]
    public void A_size_that_patches_do_not_fill_or_of_too_many_of_them_is_changed_and_told(int width, int height,
        int patch, int newWidth, int newHeight)
    {
        var (column, note) = Find(Files((width, height), (width, height)), nothing, patch);

        Assert.Equal(new ImageShape(3, newHeight, newWidth), column.Shape);
        Assert.Equal((width, height) != (newWidth, newHeight), note is not null);
        if (note is not null)
            Assert.Contains($"resized to {newWidth}x{newHeight} pixels", note, StringComparison.Ordinal);
    }

    [Fact]
    public void Small_images_of_different_sizes_are_not_blown_up()
        => Assert.Equal(new ImageShape(3, 28, 28), Find(Files((30, 28), (27, 31), (29, 40)), nothing).Column.Shape);

    [Fact]
    public void The_size_that_a_column_s_type_tells_is_taken_as_it_is_unless_the_options_say_otherwise()
    {
        var typed = new ImageSizedRow { Picture = Pictures.Image(20, 30) };
        var view = context.Data.LoadFromEnumerable([typed]);

        Assert.Equal(new ImageShape(3, 20, 30), Find(view, nothing).Column.Shape);
        Assert.Equal(new ImageShape(3, 40, 60), Find(view, nothing with { Height = 40 }).Column.Shape);
        Assert.Equal(new ImageShape(3, 16, 8), Find(view, nothing with { Height = 16, Width = 8 }).Column.Shape);
    }

    private sealed class ImageSizedRow
    {
        [ImageType(20, 30)]
        public Microsoft.ML.Data.MLImage? Picture { get; set; }
    }

    [Fact]
    public void Data_without_rows_or_without_a_readable_image_is_refused()
    {
        var empty = context.Data.LoadFromEnumerable(Array.Empty<FileRow>());
        var unreadable = context.Data.LoadFromEnumerable<FileRow>([new(), new() { Picture = [9] }]);

        Assert.Contains("empty", Assert.Throws<InvalidDataException>(() => Find(empty, nothing)).Message, StringComparison.Ordinal);
        Assert.Contains("None of the 2 rows", Assert.Throws<InvalidDataException>(() => Find(unreadable, nothing)).Message,
            StringComparison.Ordinal);
    }
}
