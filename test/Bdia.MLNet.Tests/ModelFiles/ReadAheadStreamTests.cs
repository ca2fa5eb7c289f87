using System.Security.Cryptography;
using Bdia.MLNet.ModelFiles;

namespace Bdia.MLNet.Tests.ModelFiles;

public class ReadAheadStreamTests
{
    private const int Block = 1 << 18;

    private static byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(Block - 1)]
    [InlineData(Block)]
    [InlineData(Block + 1)]
    [InlineData(50 * Block + 7)]
    public void It_gives_the_bytes_and_the_hash_of_the_stream(int count)
    {
        var expected = Bytes(count);
        using var stream = new ReadAheadStream(new MemoryStream(expected), count);
        using var read = new MemoryStream();

        var piece = new byte[100_003];
        for (int got; (got = stream.Read(piece)) > 0;)
        {
            read.Write(piece, 0, got);
            Assert.Equal(read.Length, stream.Position);
        }

        Assert.Equal(expected, read.ToArray());
        Assert.Equal(SHA256.HashData(expected), stream.Hash());
        Assert.Equal(count, stream.Length);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(Block)]
    public void The_hash_counts_what_was_not_read(int read)
    {
        var bytes = Bytes(40 * Block);
        using var stream = new ReadAheadStream(new MemoryStream(bytes), bytes.Length);

        stream.ReadExactly(new byte[read]);

        Assert.Equal(SHA256.HashData(bytes), stream.Hash());
    }

    [Fact]
    public void A_fault_comes_behind_the_bytes_before_it()
    {
        using var stream = new ReadAheadStream(new Breaking(Bytes(3 * Block)), 4 * Block);
        stream.ReadExactly(new byte[3 * Block]);

        Assert.Equal("broken", Assert.Throws<InvalidDataException>(() => stream.ReadByte()).Message);
        Assert.Equal("broken", Assert.Throws<InvalidDataException>(() => stream.Hash()).Message);
    }

    [Fact]
    public void It_may_be_left_before_the_end()
    {
        var inner = new MemoryStream(Bytes(200 * Block));
        using (var stream = new ReadAheadStream(inner, inner.Length)) stream.ReadExactly(new byte[10]);

        var at = inner.Position; // nobody reads on
        Assert.InRange(at, Block, 40 * Block);
        Assert.Equal(at, inner.Position);
    }

    private sealed class Breaking(byte[] bytes) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count)
            => base.Read(buffer, offset, count) is > 0 and var got ? got : throw new InvalidDataException("broken");
    }
}
