using Bdia.Data;
using Bdia.Data.Pictures;
using Bdia.Samples.ImageClassification.Data;

namespace Bdia.Samples.Tests;

public sealed class CifarReaderTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("data_batch_1.bin", "test_batch.bin")]
    [InlineData("train_10000.bin.gz", "test_5000.bin.gz")]
    public void Plain_and_packed_files_of_any_name_are_read(string train, string test)
    {
        var names = folder.Write("batches.meta.txt", "airplane\nautomobile\nbird\n"u8.ToArray());
        string[] files = [folder.Write(train, Records([0, 2, 1])), folder.Write(test, Records([1]))];

        var read = CifarReader.Read(folder.Path, files);

        Assert.True(File.Exists(names));
        Assert.Equal("CIFAR-10", read.Name);
        Assert.Equal(["airplane", "bird", "automobile"], read.Train.Select(picture => picture.Class));
        Assert.Equal(["automobile"], read.Test!.Select(picture => picture.Class));
        Assert.Equal(3072, read.Train[2].Pixels.Length);
        Assert.All(read.Train[2].Pixels, value => Assert.Equal(2, value));
    }

    [Fact]
    public void Records_with_two_label_bytes_are_CIFAR_100_and_the_second_counts()
    {
        var read = CifarReader.Read(folder.Path, [folder.Write("train.bin", Records([99, 7], coarse: true))]);

        Assert.Equal("CIFAR-100", read.Name);
        Assert.Equal(["99", "7"], read.Train.Select(picture => picture.Class));
        Assert.Null(read.Test);
    }

    [Fact]
    public void A_truncated_file_is_named_with_its_length()
    {
        var path = folder.Write("data_batch_1.bin", Records([0, 1])[..5000]);

        var fault = Assert.Throws<InputException>(() => CifarReader.Read(folder.Path, [path]));

        Assert.Contains(path, fault.Message);
        Assert.Contains("5,000 bytes", fault.Message);
    }

    [Fact]
    public void An_empty_file_and_a_file_that_does_not_unpack_are_named()
    {
        Assert.Contains("0 bytes", Assert.Throws<InputException>(
            () => CifarReader.Read(folder.Path, [folder.Write("a.bin", [])])).Message);
        var gzip = folder.At("b.bin.gz");
        File.WriteAllBytes(gzip, [1, 2, 3, 4]);
        Assert.Contains("does not unpack", Assert.Throws<InputException>(() => CifarReader.Read(folder.Path, [gzip])).Message);
        var whole = File.ReadAllBytes(folder.Write("c.bin.gz", [.. Records([0, 1]).Select((value, i) => (byte)(value + (i * i)))]));
        Assert.Contains("does not unpack", Assert.Throws<InputException>(() => CifarReader.Read(folder.Path, [Cut()])).Message);

        string Cut()
        {
            var path = folder.At("d.bin.gz");
            File.WriteAllBytes(path, whole[..(whole.Length / 2)]);
            return path;
        }
    }

    [Fact]
    public void A_label_without_a_class_is_named_with_its_record()
    {
        var path = folder.Write("data_batch_1.bin", Records([0, 12]));

        Assert.Contains("record 1: the label is 12", Assert.Throws<InputException>(() => CifarReader.Read(folder.Path, [path])).Message);
    }

    [Fact]
    public void Test_rows_alone_are_refused()
    {
        var path = folder.Write("test_batch.bin", Records([0]));

        Assert.Contains("no training rows", Assert.Throws<InputException>(() => CifarReader.Read(folder.Path, [path])).Message);
    }

    /// <summary>Record i holds nothing but the value i as pixels.</summary>
    private static byte[] Records(byte[] labels, bool coarse = false) => [.. labels.SelectMany((label, i) =>
        (coarse ? new byte[] { 3, label } : [label]).Concat(Enumerable.Repeat((byte)i, 3072)))];
}
