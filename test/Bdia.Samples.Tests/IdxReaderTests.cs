using Bdia.Data;
using Bdia.Data.Pictures;
using Bdia.Samples.ImageClassification.Data;

namespace Bdia.Samples.Tests;

public sealed class IdxReaderTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData(".gz")]
    public void Images_and_labels_are_paired(string ending)
    {
        var read = Read(
            folder.Write("train-images-idx3-ubyte" + ending, Images(2, 3, 2)),
                folder.Write("train-labels-idx1-ubyte" + ending, Labels(4, 9)),
            folder.Write("t10k-images-idx3-ubyte" + ending, Images(1, 3, 2)), folder.Write("t10k-labels-idx1-ubyte" + ending, Labels(9)));

        Assert.Equal(new PictureSize(1, 3, 2), read.Size);
        Assert.Equal(["4", "9"], read.Classes);
        Assert.Equal(["4", "9"], read.Train.Select(picture => picture.Class));
        Assert.Equal([6, 7, 8, 9, 10, 11], read.Train[1].Pixels);
        Assert.Equal(["9"], read.Test!.Select(picture => picture.Class));
    }

    [Fact]
    public void A_file_shorter_than_its_header_says_is_named()
    {
        var images = folder.Write("train-images-idx3-ubyte", Images(2, 3, 2)[..20]);

        var fault = Assert.Throws<InputException>(() => Read(images, folder.Write("train-labels-idx1-ubyte", Labels(0, 1))));

        Assert.Contains(images, fault.Message);
        Assert.Contains("20 bytes", fault.Message);
        Assert.Contains("2 x 3 x 2", fault.Message);
    }

    [Fact]
    public void Sizes_beyond_any_file_are_an_error_and_no_overflow()
    {
        byte[] images = [0, 0, 8, 3, 127, 255, 255, 255, 127, 255, 255, 255, 127, 255, 255, 255];

        Assert.Throws<InputException>(
            () => Read(folder.Write("train-images-idx3-ubyte", images), folder.Write("train-labels-idx1-ubyte", Labels(0))));
    }

    [Fact]
    public void Another_format_and_a_missing_or_unequal_partner_are_named()
    {
        var images = folder.Write("train-images-idx3-ubyte", Images(2, 3, 2));

        Assert.Contains("0x68656C6C", Assert.Throws<InputException>(() => Read(folder.Write("x.idx", "hello"u8.ToArray()))).Message);
        Assert.Contains("0 of training labels", Assert.Throws<InputException>(() => Read(images)).Message);
        Assert.Contains("2 images", Assert.Throws<InputException>(
            () => Read(images, folder.Write("train-labels-idx1-ubyte", Labels(0)))).Message);
    }

    [Fact]
    public void A_test_label_that_no_training_row_has_is_named()
    {
        var fault = Assert.Throws<InputException>(() => Read(
            folder.Write("train-images-idx3-ubyte", Images(2, 3, 2)), folder.Write("train-labels-idx1-ubyte", Labels(0, 1)),
            folder.Write("t10k-images-idx3-ubyte", Images(1, 3, 2)), folder.Write("t10k-labels-idx1-ubyte", Labels(7))));

        Assert.Contains("label 7", fault.Message);
    }

    private (string[] Classes, PictureSize Size, List<Picture> Train, List<Picture>? Test) Read(params string[] files)
        => IdxReader.Read(folder.Path, files);

    /// <summary>Pixels 0, 1, 2, ... through all images.</summary>
    private static byte[] Images(byte count, byte height, byte width) =>
        [0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, height, 0, 0, 0, width, .. Enumerable.Range(0, count * height * width).Select(i => (byte)i)];

    private static byte[] Labels(params byte[] labels) => [0, 0, 8, 1, 0, 0, 0, (byte)labels.Length, .. labels];
}
