using Bdia.Core.ImageClassification;
using Bdia.MLNet.ImageClassification;
using Bdia.MLNet.Tests.Support;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using SkiaSharp;

namespace Bdia.MLNet.Tests.ImageClassification;

public class ImageReaderTests
{
    private static readonly MLContext context = new(1);
    private static readonly ImageShape shape = new(3, 4, 6);

    private sealed class ImageRow
    {
        [ImageType(4, 6)]
        public MLImage? Picture { get; set; }
    }

    private sealed class FileRow
    {
        public byte[] Picture { get; set; } = [];
    }

    private sealed class PlanarRow
    {
        [VectorType(3, 4, 6)]
        public float[] Picture { get; set; } = [];
    }

    private sealed class InterleavedRow
    {
        [VectorType(4, 6, 3)]
        public float[] Picture { get; set; } = [];
    }

    private sealed class FlatRow
    {
        [VectorType(72)]
        public float[] Picture { get; set; } = [];
    }

    private static List<(string? Fault, float[] Pixels)> Read(IDataView view, ImageShape? asked = null,
        PixelLayout layout = PixelLayout.Planar, ImageFit? fit = null)
    {
        var column = view.Schema["Picture"];
        using var cursor = view.GetRowCursor([column]);
        var reader = ImageReader.Create(cursor, column, asked ?? shape, layout, fit);
        var read = new List<(string?, float[])>();
        while (cursor.MoveNext())
        {
            var pixels = new float[(asked ?? shape).Size];
            read.Add((reader.Read(pixels), pixels));
        }
        return read;
    }

    private static IDataView View<T>(params T[] rows) where T : class => context.Data.LoadFromEnumerable(rows);

    private static void AssertPixels(float[] expected, IDataView view, PixelLayout layout = PixelLayout.Planar)
    {
        var (fault, pixels) = Assert.Single(Read(view, layout: layout));
        Assert.Null(fault);
        Assert.Equal(expected, pixels);
    }

    [Theory]
    [InlineData(MLPixelFormat.Bgra32)]
    [InlineData(MLPixelFormat.Rgba32)]
    public void Bitmaps_of_both_byte_orders_become_planes_of_red_green_and_blue(MLPixelFormat format)
        => AssertPixels(Pictures.Planar(4, 6), View(new ImageRow { Picture = Pictures.Image(4, 6, format) }));

    [Fact]
    public void Png_files_give_the_same_pixels_as_bitmaps()
        => AssertPixels(Pictures.Planar(4, 6), View(new FileRow { Picture = Pictures.Encoded(4, 6) }));

    [Theory]
    [InlineData(SKEncodedImageFormat.Png)]
    [InlineData(SKEncodedImageFormat.Jpeg)]
    [InlineData(SKEncodedImageFormat.Webp)]
    public void Files_decode_to_the_pixels_that_MLImage_gives(SKEncodedImageFormat format)
    {
        var file = Pictures.Encoded(4, 6, format);
        using var image = MLImage.CreateFromStream(new MemoryStream(file));
        var (_, expected) = Read(View(new ImageRow { Picture = image }))[0];

        AssertPixels(expected, View(new FileRow { Picture = file }));
    }

    [Fact]
    public void Grey_files_have_three_equal_channels()
    {
        using var bitmap = new SKBitmap(new SKImageInfo(6, 4, SKColorType.Gray8, SKAlphaType.Opaque));
        bitmap.Erase(new SKColor(90, 90, 90));
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);

        AssertPixels([.. Enumerable.Repeat(90f, 72)], View(new FileRow { Picture = data.ToArray() }));
    }

    [Fact]
    public void Vectors_are_read_in_the_order_that_their_type_tells_or_that_is_asked_for()
    {
        var planar = Pictures.Planar(4, 6);
        var interleaved = Pictures.Interleaved(4, 6);

        AssertPixels(planar, View(new PlanarRow { Picture = planar }));
        AssertPixels(planar, View(new InterleavedRow { Picture = interleaved }));
        AssertPixels(planar, View(new FlatRow { Picture = planar }));
        AssertPixels(planar, View(new FlatRow { Picture = interleaved }), PixelLayout.Interleaved);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ExtractPixels_output_is_read_right_in_both_of_its_orders(bool interleave)
    {
        var images = View(new ImageRow { Picture = Pictures.Image(4, 6) });
        var extracted = context.Transforms.ExtractPixels("Picture", "Picture", interleavePixelColors: interleave)
            .Fit(images).Transform(images);

        AssertPixels(Pictures.Planar(4, 6), extracted);
    }

    [Fact]
    public void Sparse_vectors_are_filled_up_with_zeros()
    {
        var sparse = new VBuffer<float>(72, 2, [5f, 7f], [0, 71]);

        var expected = new float[72];
        (expected[0], expected[71]) = (5, 7);
        AssertPixels(expected, Views.OfVectors(context, [3, 4, 6], sparse));
    }

    [Fact]
    public void One_channel_holds_the_luminance_and_keeps_grey_values()
    {
        var grey = new ImageShape(1, 4, 6);
        var image = Pictures.Image(4, 6);
        var (fault, pixels) = Read(View(new ImageRow { Picture = image }), grey)[0];

        Assert.Null(fault);
        Assert.Equal(MathF.Round(0.299f * Pictures.Value(0, 0, 0) + 0.587f * Pictures.Value(1, 0, 0) + 0.114f * Pictures.Value(2, 0, 0)),
            pixels[0]);

        var bytes = new byte[4 * 256];
        for (var value = 0; value < 256; value++)
            bytes.AsSpan(4 * value, 4).Fill((byte)value);
        var planes = new float[256];
        Bitmaps.ToPlanes(bytes, stride: 4, redFirst: true, new ImageShape(1, 16, 16), planes);
        Assert.Equal(Enumerable.Range(0, 256).Select(value => (float)value), planes);
    }

    [Fact]
    public void Bitmaps_of_three_bytes_per_pixel_give_the_same_planes()
    {
        using var image = Pictures.Image(4, 6);
        var planes = new float[shape.Size];

        Bitmaps.ToPlanes(image.GetBGRPixels, stride: 3, redFirst: false, shape, planes);

        Assert.Equal(Pictures.Planar(4, 6), planes);
    }

    [Fact]
    public void Every_kind_of_bad_file_has_its_own_reason_and_leaves_the_next_row_alone_where_a_model_asks_for_one_size()
    {
        var good = Pictures.Encoded(4, 6);
        var rows = Read(View(
            new FileRow { Picture = good },
            new FileRow { Picture = [] },
            new FileRow { Picture = [1, 2, 3, 4] },
            new FileRow { Picture = good[..^30] },
            new FileRow { Picture = Pictures.Encoded(5, 6) },
            new FileRow { Picture = good }));

        Assert.Null(rows[0].Fault);
        Assert.Contains("empty", rows[1].Fault, StringComparison.Ordinal);
        Assert.Contains("cannot be decoded", rows[2].Fault, StringComparison.Ordinal);
        Assert.Contains("cut short", rows[3].Fault, StringComparison.Ordinal);
        Assert.Contains("6x5 pixels, but the model takes 6x4", rows[4].Fault, StringComparison.Ordinal);
        Assert.Null(rows[5].Fault);
        Assert.Equal(Pictures.Planar(4, 6), rows[5].Pixels);
    }

    [Fact]
    public void A_jpeg_that_ends_too_early_is_no_image()
    {
        var file = Pictures.Encoded(64, 64, SKEncodedImageFormat.Jpeg);

        var (fault, _) = Read(View(new FileRow { Picture = file[..(file.Length * 2 / 3)] }), new ImageShape(3, 64, 64))[0];

        Assert.Contains("cut short", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_bitmaps_have_a_reason_and_so_have_those_of_another_size_where_a_model_asks_for_one()
    {
        using var folder = new TemporaryFolder();
        var rows = Read(Views.OfImages(context, folder.Path, null, Pictures.Encoded(3, 6), Pictures.Encoded(4, 6)));

        Assert.Equal("the image is missing", rows[0].Fault);
        Assert.Contains("6x3 pixels, but the model takes 6x4", rows[1].Fault, StringComparison.Ordinal);
        Assert.Null(rows[2].Fault);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Pixels_that_are_not_finite_have_a_reason_that_names_them(float value)
    {
        var pixels = Pictures.Planar(4, 6);
        pixels[17] = value;

        var (fault, _) = Read(View(new PlanarRow { Picture = pixels }))[0];

        Assert.Contains("pixel value 17", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Images_that_fail_to_load_have_a_reason_and_the_next_one_loads()
    {
        using var folder = new TemporaryFolder();
        var good = Pictures.Encoded(4, 6);
        var images = Views.OfImages(context, folder.Path, good, "no picture"u8.ToArray(), good, good);
        File.Delete(folder.File("2.png"));

        var rows = Read(images);

        Assert.Equal([true, false, false, true], rows.Select(row => row.Fault is null));
        Assert.Equal(Pictures.Planar(4, 6), rows[3].Pixels);
    }
}
