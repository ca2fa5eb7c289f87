using System.Runtime.InteropServices;
using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Distributed;

/// <summary>
/// An array that is cut into a share for each rank, of any length: each gets the sum of its own share, over the same tree as
/// <see cref="RankGroup.Sum(Span{float}, SumOrder)"/>, and later all get all shares. The two together send what a sum does.
/// </summary>
/// <remarks>
/// Shares lie in the order of <see cref="Place"/>, in which the partners at every distance exchange what lies in one piece.
/// </remarks>
internal sealed class RankShares
{
    private const int Chunk = 1 << 19;

    private readonly RankGroup ranks;
    private readonly long[] bounds;
    private readonly float[] received;

    /// <param name="ranks">The ranks, a power of two.</param>
    /// <param name="lengths">Elements of each rank's share.</param>
    /// <param name="received">Memory for what is received and has yet to be added, of <see cref="MakeRoom"/>; shares that are not summed
    /// at one time may have the same.</param>
    public RankShares(RankGroup ranks, IReadOnlyList<long> lengths, float[] received)
    {
        (this.ranks, this.received) = (ranks, received);
        bounds = new long[ranks.Size + 1];
        for (var rank = 0; rank < ranks.Size; rank++) bounds[Place(rank, ranks.Size) + 1] = lengths[rank];
        for (var place = 0; place < ranks.Size; place++) bounds[place + 1] += bounds[place];
    }

    /// <summary>Memory for messages.</summary>
    public static float[] MakeRoom() => new float[Chunk];

    /// <summary>Where a rank's share lies among those of all: its number with its bits from behind.</summary>
    /// <param name="rank">The rank.</param>
    /// <param name="size">Number of ranks, a power of two.</param>
    public static int Place(int rank, int size)
    {
        var place = 0;
        for (var bit = 1; bit < size; bit <<= 1) place = (place << 1) | ((rank & bit) == 0 ? 0 : 1);
        return place;
    }

    /// <summary>Sums this rank's share over all ranks; what lies in the other shares is of no use afterwards.</summary>
    /// <param name="values">All shares, float32, contiguous, on the CPU.</param>
    public void Sum(Tensor values) => Sum(All(values), 0, ranks.Size, 1);

    /// <summary>Gives all ranks the shares of all.</summary>
    /// <param name="values">All shares, of which the own one is read and the others are written.</param>
    public void Gather(Tensor values) => Gather(All(values), 0, ranks.Size, 1);

    private unsafe Span<float> All(Tensor values)
    {
        if (values.numel() != bounds[^1])
            throw new ArgumentException($"{values.numel()} elements were given, and the shares of all ranks are {bounds[^1]}.");
        return new Span<float>(TensorMemory.Pointer<float>(values), checked((int)bounds[^1]));
    }

    private void Sum(Span<float> values, int first, int count, int distance)
    {
        if (count == 1) return;
        Halve(values, first, count, distance, out var own, out var others, out var ownFirst);
        for (var start = 0; start < Math.Max(own.Length, others.Length); start += Chunk)
        {
            var sum = Part(own, start);
            var term = received.AsSpan(0, sum.Length);
            Exchange(distance, Part(others, start), term);
            RankGroup.Add(sum, term); // a + b is b + a, bit for bit
        }

        Sum(own, ownFirst, count / 2, 2 * distance);
    }

    private void Gather(Span<float> values, int first, int count, int distance)
    {
        if (count == 1) return;
        Halve(values, first, count, distance, out var own, out var others, out var ownFirst);
        Gather(own, ownFirst, count / 2, 2 * distance);
        for (var start = 0; start < Math.Max(own.Length, others.Length); start += Chunk)
            Exchange(distance, Part(own, start), Part(others, start));
    }

    // The shares of this rank's half of those that it has in common with its partner, and of the partner's half.
    private void Halve(Span<float> values, int first, int count, int distance, out Span<float> own, out Span<float> others,
        out int ownFirst)
    {
        var middle = (int)(bounds[first + count / 2] - bounds[first]);
        var isRight = (ranks.Rank & distance) != 0;
        own = isRight ? values[middle..] : values[..middle];
        others = isRight ? values[..middle] : values[middle..];
        ownFirst = isRight ? first + count / 2 : first;
    }

    private void Exchange(int distance, ReadOnlySpan<float> sent, Span<float> received)
        => ranks.Link.Exchange(ranks.Rank ^ distance, MemoryMarshal.AsBytes(sent), MemoryMarshal.AsBytes(received));

    private static Span<float> Part(Span<float> values, int start)
        => start >= values.Length ? [] : values.Slice(start, Math.Min(Chunk, values.Length - start));
}
