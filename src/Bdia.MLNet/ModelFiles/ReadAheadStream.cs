using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;

namespace Bdia.MLNet.ModelFiles;

/// <summary>
/// Reads a stream once, from front to back, on a thread of its own, and computes its SHA-256 on the thread that takes the bytes: a model is
/// inflated while its network is made and filled.
/// </summary>
internal sealed class ReadAheadStream : Stream
{
    private const int BlockBytes = 1 << 18;
    private const int Blocks = 32; // what is inflated while a network is made

    private readonly Stream inner;
    private readonly BlockingCollection<Block> full = new(Blocks);
    private readonly IncrementalHash sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly Task reading;
    private ExceptionDispatchInfo? fault;
    private Block current = Block.None;
    private int taken;
    private long position;
    private volatile bool abandoned;

    /// <summary>Starts to read.</summary>
    /// <param name="inner">Read from where it stands; nobody else may use it until this is disposed.</param>
    /// <param name="length">Bytes that it is said to have: whoever reads can check sizes against it before taking memory for them.</param>
    public ReadAheadStream(Stream inner, long length)
    {
        this.inner = inner;
        Length = length;
        reading = Task.Factory.StartNew(ReadAll, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    public override bool CanRead => true;

    public override bool CanSeek => true; // as far as to tell length and position

    public override bool CanWrite => false;

    public override long Length { get; }

    public override long Position { get => position; set => throw new NotSupportedException(); }

    public override int Read(Span<byte> buffer)
    {
        while (taken == current.Count)
        {
            if (!Next())
                return 0;
        }
        var count = Math.Min(buffer.Length, current.Count - taken);
        current.Bytes.AsSpan(taken, count).CopyTo(buffer);
        taken += count;
        position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <summary>Reads what is left, and gives the SHA-256 of the whole stream.</summary>
    public byte[] Hash()
    {
        while (Next()) { }
        return sha.GetHashAndReset();
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && !abandoned)
        {
            abandoned = true;
            Return(current);
            current = Block.None;
            while (full.TryTake(out var block, Timeout.Infinite))
                Return(block); // and so the reader comes to see it
            reading.GetAwaiter().GetResult();
            full.Dispose();
            sha.Dispose();
        }
        base.Dispose(disposing);
    }

    private bool Next()
    {
        Return(current);
        (current, taken) = (Block.None, 0);
        if (!full.TryTake(out var block, Timeout.Infinite))
        {
            fault?.Throw();
            return false;
        }
        current = block;
        sha.AppendData(block.Bytes, 0, block.Count);
        return true;
    }

    private void ReadAll()
    {
        try
        {
            for (var read = 0L; !abandoned;)
            {
                var bytes = ArrayPool<byte>.Shared.Rent(BlockBytes);
                var count = inner.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
                full.Add(new Block(bytes, count));
                read += count;
                if (read > Length)
                    throw new InvalidDataException($"There are more than the {Length} bytes that there should be.");
                if (count < bytes.Length)
                    return;
            }
        }
        catch (Exception e)
        {
            fault = ExceptionDispatchInfo.Capture(e); // for the thread that takes the bytes
        }
        finally
        {
            full.CompleteAdding();
        }
    }

    private static void Return(Block block)
    {
        if (block != Block.None)
            ArrayPool<byte>.Shared.Return(block.Bytes);
    }

    private sealed record Block(byte[] Bytes, int Count)
    {
        public static readonly Block None = new([], 0);
    }
}
