using Bdia.Core.Distributed;

namespace Bdia.Core.ImageClassification;

/// <summary>
/// Images in the memory of several ranks, each image with one of them. Before an epoch they go to where they are trained on; all ranks
/// know where each is, and call the same.
/// </summary>
internal sealed class SharedPixels
{
    private const int MessageBytes = 1 << 20;

    private readonly RankGroup ranks;
    private readonly int[] holders; // by row
    private readonly int[] slots; // by row; -1 where another rank holds it
    private readonly Stack<int> free = [];

    /// <param name="ranks">The ranks.</param>
    /// <param name="own">Images of this rank.</param>
    /// <param name="holders">The rank that holds each row; each rank's rows lie in its store in their order.</param>
    public SharedPixels(RankGroup ranks, PixelStore own, int[] holders)
    {
        (this.ranks, Store, this.holders) = (ranks, own, holders);
        var next = 0;
        slots = [.. holders.Select(holder => holder == ranks.Rank ? next++ : -1)];
    }

    /// <summary>The images that this rank holds.</summary>
    public PixelStore Store { get; }

    /// <summary>How many these are.</summary>
    public int Held => Store.Count - free.Count;

    /// <summary>The ranks.</summary>
    public RankGroup Ranks => ranks;

    /// <summary>Where an image lies in <see cref="Store"/>; -1 where another rank holds it.</summary>
    public int Slot(int row) => slots[row];

    /// <summary>The rank that holds an image.</summary>
    public int Holder(int row) => holders[row];

    /// <summary>Takes images to the ranks that need them.</summary>
    /// <param name="needs">The rank that needs each row; -1: it may stay.</param>
    public void Move(IReadOnlyList<int> needs)
    {
        var (sends, receives) = (NoRows(), NoRows());
        for (var row = 0; row < holders.Length; row++)
        {
            if (needs[row] < 0 || needs[row] == holders[row]) continue;
            if (holders[row] == ranks.Rank) sends[needs[row]].Add(row);
            else if (needs[row] == ranks.Rank) receives[holders[row]].Add(row);
            holders[row] = needs[row];
        }

        // In round d everybody exchanges with the one at distance d.
        for (var distance = 1; distance < ranks.Size; distance++)
            Exchange(ranks.Rank ^ distance, sends[ranks.Rank ^ distance], receives[ranks.Rank ^ distance]);

        List<int>[] NoRows() => [.. Enumerable.Range(0, ranks.Size).Select(_ => new List<int>())];
    }

    /// <summary>Sends an image of this rank's.</summary>
    public void Send(int row, int rank) => ranks.Link.Send(rank, Store.Bytes(slots[row]));

    /// <summary>Receives an image that another rank sends.</summary>
    /// <param name="row">The image.</param>
    /// <param name="to">Gets it, in its first place.</param>
    public void Receive(int row, PixelStore to) => ranks.Link.Receive(holders[row], to.Bytes(0));

    private void Exchange(int partner, List<int> sends, List<int> receives)
    {
        var rowBytes = (int)Store.RowBytes;
        var atOnce = Math.Max(1, MessageBytes / rowBytes);
        var (sent, received) = (new byte[Math.Min(atOnce, sends.Count) * rowBytes], new byte[Math.Min(atOnce, receives.Count) * rowBytes]);
        for (var start = 0; start < Math.Max(sends.Count, receives.Count); start += atOnce)
        {
            var (outgoing, incoming) = (Some(sends), Some(receives));
            for (var i = 0; i < outgoing.Length; i++)
            {
                var slot = slots[outgoing[i]];
                Store.Bytes(slot).CopyTo(sent.AsSpan(i * rowBytes));
                slots[outgoing[i]] = -1;
                free.Push(slot); // the next ones that come take the place
            }

            ranks.Link.Exchange(partner, sent.AsSpan(0, outgoing.Length * rowBytes), received.AsSpan(0, incoming.Length * rowBytes));
            for (var i = 0; i < incoming.Length; i++)
            {
                var slot = free.TryPop(out var vacant) ? vacant : Store.Grow();
                received.AsSpan(i * rowBytes, rowBytes).CopyTo(Store.Bytes(slot));
                slots[incoming[i]] = slot;
            }

            int[] Some(List<int> rows) => start >= rows.Count ? [] : [.. rows.Skip(start).Take(atOnce)];
        }
    }
}
