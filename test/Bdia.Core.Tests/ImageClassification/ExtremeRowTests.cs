using Bdia.Core.ImageClassification;

namespace Bdia.Core.Tests.ImageClassification;

public class ExtremeRowTests
{
    private static int[] Found(params float[] largest)
    {
        var rows = largest.Select(value => PixelExtreme.Of([0, value, -value / 2])).ToList();
        return [.. ExtremeRows.Find(rows, ExtremeRows.Typical(rows)).Select(row => row.Number)];
    }

    [Fact]
    public void A_row_out_of_all_proportion_is_found_whatever_the_unit_and_the_sign()
    {
        foreach (var unit in new[] { 1e-30f, 1f, 1e28f })
        {
            Assert.Equal([1], Found(200 * unit, 1e9f * unit, 255 * unit, 3 * unit));
            Assert.Equal([3], Found(200 * unit, 100 * unit, 255 * unit, -1e9f * unit));
        }
        Assert.Equal([0], Found(float.MaxValue, 1, 2, 3));
    }

    [Fact]
    public void Rows_that_differ_as_pictures_do_are_left_alone()
    {
        Assert.Empty(Found(1, 255, 255, 255, 65535));
        Assert.Empty(Found(0, 0, 0, 1e9f)); // the others say nothing
        Assert.Empty(Found([.. Enumerable.Repeat(1f, 80), .. Enumerable.Repeat(1e9f, 20)])); // too many to be a fault of theirs
        Assert.Equal(10, Found([.. Enumerable.Repeat(1f, 90), .. Enumerable.Repeat(1e9f, 10)]).Length);
    }

    [Fact]
    public void The_pixel_is_named()
        => Assert.Equal("pixel value 1 of the image is 1E+09, out of all proportion to 3, which the largest value of half of the "
            + "training images does not exceed",
            ExtremeRows.Find([PixelExtreme.Of([0, 1e9f]), PixelExtreme.Of([3, 2]), PixelExtreme.Of([1, 2])], 3)[0].Reason);

    [Fact]
    public void Rows_of_which_nothing_else_is_said_are_an_error()
    {
        IImageRows rows = new ToyImages(2);
        Assert.Equal("Row 7: it is odd. Mend or remove the row.",
            Assert.Throws<InvalidDataException>(() => rows.LeaveOut([(7, "it is odd")])).Message);
    }
}
