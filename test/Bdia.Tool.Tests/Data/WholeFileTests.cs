using Bdia.Data;
using Bdia.Data.Files;
using Bdia.Tool.Tests.Support;

namespace Bdia.Tool.Tests.Data;

public sealed class WholeFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_disk_that_is_full_is_told_and_leaves_the_earlier_file()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "There is no /dev/full here, which is a disk that is always full.");
        var path = folder.Write("result.txt", "earlier");

        var fault = Assert.Throws<OutputException>(() => WholeFile.Write(path, _ =>
        {
            using var full = new FileStream("/dev/full", FileMode.Open, FileAccess.Write);
            full.Write(new byte[100_000]);
        }));

        Assert.Contains("the disk is full", fault.Message);
        Assert.Equal("earlier", File.ReadAllText(path));
        Assert.Equal(["result.txt"], Directory.GetFiles(folder.Root).Select(Path.GetFileName));
    }

    [Fact]
    public void A_writer_that_fails_leaves_nothing_and_a_folder_that_is_a_file_is_told()
    {
        var path = folder.At("new/result.txt");

        Assert.Throws<InvalidOperationException>(() => WholeFile.Write(path, stream =>
        {
            stream.WriteByte(1);
            throw new InvalidOperationException();
        }));

        Assert.Empty(Directory.GetFiles(folder.At("new/x")[..^2]));
        var inFile = Path.Combine(folder.Write("file", "text"), "result.txt");
        Assert.Contains("cannot be written", Assert.Throws<OutputException>(() => WholeFile.Write(inFile, _ => { })).Message);
    }
}
