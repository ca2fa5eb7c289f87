using System.Buffers.Binary;
using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;
using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Distributed;

/// <summary>
/// The processes of a run, of which this one is <see cref="Rank"/>: sums, broadcasts, gathers and barriers over all of them, in an order
/// that depends on their number alone. Every rank makes the same calls in the same order.
/// </summary>
public sealed class RankGroup : IDisposable
{
    /// <summary>This process and no other.</summary>
    public static RankGroup Alone { get; } = new();

    // 4 MiB: what is received and has yet to be added stays in a core's cache for the most part, and a message is long enough for its
    // latency not to count.
    private const int SumChunk = 1 << 20;
    private const int ByteChunk = 1 << 24;

    private readonly IRankLink? link;
    private readonly float[] received;
    private string? fault;

    /// <summary>Ranks that a transport joins.</summary>
    /// <param name="link">The transport, which the group disposes.</param>
    public RankGroup(IRankLink link)
    {
        ArgumentNullException.ThrowIfNull(link);
        this.link = link;
        received = link.Size > 1 ? new float[SumChunk / 2 + 1] : [];
    }

    private RankGroup() => received = [];

    /// <summary>Number of this rank, from 0. Rank 0 logs and writes checkpoints.</summary>
    public int Rank => link?.Rank ?? 0;

    /// <summary>Number of ranks.</summary>
    public int Size => link?.Size ?? 1;

    /// <summary>Whether this is rank 0.</summary>
    public bool IsFirst => Rank == 0;

    /// <summary>Whether the transport has a sum of its own, for <see cref="SumOrder.Library"/>.</summary>
    public bool HasSum => link is { HasSum: true };

    /// <summary>Time in which a run had nothing to compute and waited for other ranks.</summary>
    internal TimeSpan Waited { get; private set; }

    /// <summary>Does something for which the run waits.</summary>
    internal T Await<T>(Func<T> work)
    {
        var start = Stopwatch.GetTimestamp();
        try
        {
            return work();
        }
        finally
        {
            Waited += Stopwatch.GetElapsedTime(start);
        }
    }

    /// <inheritdoc cref="IRankLink.IsPatient"/>
    internal bool IsPatient
    {
        set
        {
            if (link is not null) link.IsPatient = value;
        }
    }

    /// <summary>
    /// Sums over all ranks. With <see cref="SumOrder.Tree"/> ranks are the leaves of a binary tree in their order, ((0 + 1) + (2 + 3)) +
    /// ..., and their number must be a power of two.
    /// </summary>
    /// <param name="values">Of this rank, as many on each; becomes the sum, the same bits on all ranks.</param>
    /// <param name="order">In which order.</param>
    /// <exception cref="DistributedException">Another rank has failed or does not answer.</exception>
    /// <exception cref="InvalidOperationException">The number of ranks is no power of two.</exception>
    public void Sum(Span<float> values, SumOrder order = SumOrder.Tree)
    {
        if (Size == 1) return;
        if (order == SumOrder.Tree && !BitOperations.IsPow2(Size))
            throw new InvalidOperationException($"There are {Size} ranks; a sum over a tree needs a power of two.");
        for (; values.Length > 0; values = values[Math.Min(SumChunk, values.Length)..])
        {
            var chunk = values[..Math.Min(SumChunk, values.Length)];
            if (order == SumOrder.Library) Link.Sum(chunk);
            else SumTree(chunk, 1);
        }
    }

    /// <summary>Sums a contiguous float32 tensor on the CPU over all ranks, in place.</summary>
    internal unsafe void Sum(Tensor values, SumOrder order)
    {
        var memory = TensorMemory.Pointer<float>(values);
        for (long start = 0, length = values.numel(); start < length; start += SumChunk)
            Sum(new Span<float>(memory + start, (int)Math.Min(SumChunk, length - start)), order);
    }

    /// <summary>Gives all ranks the bytes of rank 0.</summary>
    /// <param name="bytes">As many on each rank; those of rank 0 are read, those of the others written.</param>
    /// <exception cref="DistributedException">Another rank has failed or does not answer.</exception>
    public void Broadcast(Span<byte> bytes)
    {
        for (; Size > 1 && bytes.Length > 0; bytes = bytes[Math.Min(ByteChunk, bytes.Length)..])
        {
            var chunk = bytes[..Math.Min(ByteChunk, bytes.Length)];
            // Those who have it pass it on, twice as many in each round.
            for (var have = 1; have < Size; have *= 2)
            {
                if (Rank < have && Rank + have < Size) Link.Send(Rank + have, chunk);
                else if (Rank >= have && Rank < 2 * have) Link.Receive(Rank - have, chunk);
            }
        }
    }

    /// <summary>Gives all ranks what rank 0 has, where they do not know its length.</summary>
    /// <param name="own">On rank 0, the bytes; of no effect on others.</param>
    /// <returns>The bytes of rank 0.</returns>
    /// <exception cref="DistributedException">Another rank has failed or does not answer.</exception>
    public byte[] Broadcast(byte[]? own)
    {
        var length = own?.Length ?? 0;
        Broadcast(MemoryMarshal.AsBytes(new Span<int>(ref length)));
        var bytes = IsFirst && own is not null ? own : new byte[length];
        Broadcast(bytes.AsSpan());
        return bytes;
    }

    /// <summary>Gives every rank what all of them have.</summary>
    /// <param name="own">Of this rank; lengths may differ.</param>
    /// <returns>By rank.</returns>
    /// <exception cref="DistributedException">Another rank has failed or does not answer.</exception>
    public byte[][] Gather(ReadOnlySpan<byte> own)
    {
        var all = new byte[Size][];
        all[Rank] = own.ToArray();
        if (Size == 1) return all;
        Span<byte> length = stackalloc byte[sizeof(int)];
        if (IsFirst)
        {
            for (var rank = 1; rank < Size; rank++)
            {
                Link.Receive(rank, length);
                all[rank] = new byte[BinaryPrimitives.ReadInt32LittleEndian(length)];
                if (all[rank].Length > 0) Link.Receive(rank, all[rank]);
            }
        }
        else
        {
            BinaryPrimitives.WriteInt32LittleEndian(length, own.Length);
            Link.Send(0, length);
            if (own.Length > 0) Link.Send(0, own);
        }

        var lengths = new int[Size];
        if (IsFirst) lengths = [.. all.Select(each => each.Length)];
        Broadcast(MemoryMarshal.AsBytes(lengths.AsSpan()));
        var joined = IsFirst ? all.SelectMany(each => each).ToArray() : new byte[lengths.Sum()];
        Broadcast(joined.AsSpan());
        for (int rank = 0, start = 0; rank < Size; start += lengths[rank++])
            if (!IsFirst) all[rank] = joined[start..(start + lengths[rank])];
        return all;
    }

    /// <summary>Waits until all ranks are here.</summary>
    /// <exception cref="DistributedException">Another rank has failed or does not answer.</exception>
    public void Barrier() => Gather([]);

    /// <summary>
    /// Does something that all ranks do, and tells the others where it ends by an exception, so that they need not wait for this rank: they
    /// end by a <see cref="DistributedException"/> with its message. The group is of no use after that.
    /// </summary>
    /// <param name="work">What is done.</param>
    public T Guard<T>(Func<T> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        try
        {
            return work();
        }
        catch (Exception e)
        {
            if (link is not null && fault is null)
            {
                fault = e.Message;
                if (e is not DistributedException) link.Fail(e.Message);
            }

            throw;
        }
    }

    /// <summary>Ends the transport. <see cref="Alone"/> has none, and stays of use.</summary>
    public void Dispose() => link?.Dispose();

    /// <summary>The transport, while it can be relied on.</summary>
    internal IRankLink Link => fault is null ? link!
        : throw new DistributedException($"A run over these ranks has failed before ({fault}), so that they no longer wait for one "
            + "another. Start the processes anew.");

    /// <summary>
    /// Halves and doubles (Rabenseifner, 2004): partners at distance 1, 2, 4, ... exchange halves of what they have in common and add them
    /// up, until each rank has its share of the whole sum; then the shares go back the same way.
    /// </summary>
    private void SumTree(Span<float> values, int distance)
    {
        if (distance == Size || values.Length == 0) return;
        var partner = Rank ^ distance;
        var middle = values.Length / 2;
        var own = partner > Rank ? values[..middle] : values[middle..];
        var others = partner > Rank ? values[middle..] : values[..middle];
        var term = received.AsSpan(0, own.Length);
        Link.Exchange(partner, MemoryMarshal.AsBytes(others), MemoryMarshal.AsBytes(term));
        Add(own, term); // a + b is b + a, bit for bit, so that it does not matter which of the two is the left one
        SumTree(own, 2 * distance);
        Link.Exchange(partner, MemoryMarshal.AsBytes(own), MemoryMarshal.AsBytes(others));
    }

    /// <summary>Adds to a sum, element by element.</summary>
    internal static void Add(Span<float> sum, ReadOnlySpan<float> term)
    {
        var i = 0;
        for (; i <= sum.Length - Vector<float>.Count; i += Vector<float>.Count)
            (new Vector<float>(sum[i..]) + new Vector<float>(term[i..])).CopyTo(sum[i..]);
        for (; i < sum.Length; i++) sum[i] += term[i];
    }
}
