using Bdia.Core.ImageClassification;
using Bdia.MLNet.ImageClassification;
using Bdia.MLNet.Tests.Support;
using CsCheck;
using Microsoft.ML.Transforms.Image;

namespace Bdia.MLNet.Tests.ImageClassification;

/// <summary>Pictures of other sizes: resized by averaging, cropped, padded or stretched, the same whatever form they come in.</summary>
public class PictureFittingTests
{
    private const ImageResizingEstimator.ResizingKind Crop = ImageResizingEstimator.ResizingKind.IsoCrop;
    private const ImageResizingEstimator.ResizingKind Pad = ImageResizingEstimator.ResizingKind.IsoPad;
    private const ImageResizingEstimator.ResizingKind Fill = ImageResizingEstimator.ResizingKind.Fill;

    private static readonly Ground ground = new(10, 20, 30);

    /// <summary>Red, green and blue as planes of a picture whose value at (channel, row, column) is given.</summary>
    private static float[] Fit(int width, int height, Func<int, int, int, byte> value, int newWidth, int newHeight,
        ImageResizingEstimator.ResizingKind kind)
    {
        var bytes = new byte[4 * width * height];
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] = i % 4 == 3 ? (byte)255 : value(i % 4, i / 4 / width, i / 4 % width);
        var shape = new ImageShape(3, newHeight, newWidth);
        var planes = new float[shape.Size];
        new ImageFitter(shape, new ImageFit(kind, ground)).Write(new Raster(bytes, width, height, redFirst: true, AlphaKind.None), planes);
        return planes;
    }

    [Fact]
    public void Shrinking_to_half_gives_the_mean_of_four_pixels()
    {
        var planes = Fit(12, 8, (c, y, x) => (byte)(c * 60 + 16 * y + x), 6, 4, Fill);

        for (var c = 0; c < 3; c++)
            for (var y = 0; y < 4; y++)
                for (var x = 0; x < 6; x++)
                    Assert.Equal(Math.Floor(c * 60 + 16 * (2 * y + 0.5) + 2 * x + 0.5 + 0.5), planes[(c * 4 + y) * 6 + x]);
    }

    [Fact]
    public void Lines_of_one_pixel_do_not_fall_between()
    {
        var planes = Fit(300, 200, (_, _, x) => (byte)(x % 2 == 0 ? 255 : 0), 30, 20, Crop);

        Assert.All(planes, value => Assert.InRange(value, 127, 128));
    }

    [Fact]
    public void Shrinking_is_the_mean_over_the_area_that_a_pixel_covers()
        => Gen.Select(Gen.Int[1, 40], Gen.Int[1, 40], Gen.Int[1, 40], Gen.Int[1, 40], Gen.Int[0, 1000])
            .Sample((width, height, newWidth, newHeight, seed) =>
        {
            (newWidth, newHeight) = (Math.Min(width, newWidth), Math.Min(height, newHeight));
            var values = new byte[3 * width * height];
            new Random(seed).NextBytes(values);
            byte Value(int c, int y, int x) => values[(c * height + y) * width + x];

            var planes = Fit(width, height, Value, newWidth, newHeight, Fill);

            for (var i = 0; i < planes.Length; i++)
                // rounding to whole numbers
                Assert.InRange(Math.Abs(planes[i] - Mean(i / (newWidth * newHeight), i / newWidth % newHeight, i % newWidth)), 0, 0.501);

            // Of the area of the new pixel, in units of the old ones.
            double Mean(int c, int y, int x)
            {
                var (sum, area) = (0.0, 0.0);
                for (var row = 0; row < height; row++)
                    for (var column = 0; column < width; column++)
                    {
                        var covered = Overlap(row, y * (double)height / newHeight, (y + 1) * (double)height / newHeight)
                            * Overlap(column, x * (double)width / newWidth, (x + 1) * (double)width / newWidth);
                        (sum, area) = (sum + covered * Value(c, row, column), area + covered);
                    }
                return sum / area;
            }

            static double Overlap(int pixel, double from, double to) => Math.Max(0, Math.Min(pixel + 1, to) - Math.Max(pixel, from));
        }, iter: 200);

    [Fact]
    public void One_colour_stays_that_colour_whatever_the_size()
        => Gen.Select(Gen.Int[1, 60], Gen.Int[1, 60], Gen.Int[1, 60], Gen.Int[1, 60], Gen.Byte, Gen.Bool).Sample(
            (width, height, newWidth, newHeight, value, crop) =>
                Assert.All(Fit(width, height, (_, _, _) => value, newWidth, newHeight, crop ? Crop : Fill),
                pixel => Assert.Equal(value, pixel)), iter: 300);

    [Fact]
    public void Enlarging_goes_in_a_straight_line_from_pixel_to_pixel()
        => Assert.Equal([0f, 25, 75, 100, 0, 25, 75, 100], Fit(2, 1, (_, _, x) => (byte)(100 * x), 4, 2, Fill)[..8]);

    [Fact]
    public void Cropping_shows_the_middle_and_cuts_no_pixel_where_none_changes_its_size()
    {
        var planes = Fit(7, 4, (_, _, x) => (byte)(10 * x), 4, 4, Crop);

        Assert.Equal([10f, 20, 30, 40], planes[..4]);
    }

    [Fact]
    public void Cropping_a_wide_picture_leaves_out_its_sides_and_a_high_one_its_top_and_bottom()
    {
        Assert.Equal([4f, 6, 4, 6], Fit(10, 4, (_, _, x) => (byte)x, 2, 2, Crop)[..4]); // the means of 3 and 4, and of 5 and 6, rounded
        Assert.Equal([4f, 4, 6, 6], Fit(4, 10, (_, y, _) => (byte)y, 2, 2, Crop)[..4]);
    }

    [Fact]
    public void Padding_shows_all_and_puts_the_ground_beside_it()
    {
        var planes = Fit(8, 4, (_, _, _) => 200, 4, 4, Pad);

        for (var c = 0; c < 3; c++)
            Assert.Equal([10 * (c + 1), 200, 200, 10 * (c + 1)], Enumerable.Range(0, 4).Select(y => (int)planes[(c * 4 + y) * 4]));
        Assert.Equal(4, Fit(1000, 1, (_, _, _) => 200, 4, 4, Pad)[..16].Count(value => value == 200)); // a line stays a line
    }

    [Fact]
    public void A_picture_of_the_model_s_size_is_not_touched()
        => Gen.Select(Gen.Int[1, 30], Gen.Int[1, 30], Gen.Enum<ImageResizingEstimator.ResizingKind>()).Sample((width, height, kind) =>
        {
            var planes = Fit(width, height, (c, y, x) => Pictures.Value(c, y, x), width, height, kind);

            Assert.Equal(Pictures.Planar(height, width), planes);
        }, iter: 50);
}
