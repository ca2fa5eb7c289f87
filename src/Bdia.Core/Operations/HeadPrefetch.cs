using System.Runtime.Intrinsics.X86;

namespace Bdia.Core.Operations;

/// <summary>
/// Has heads brought to the second-level cache a few rows at a time, while others are computed. Their rows are too far apart for a
/// processor to guess the next one: without this, a third of a pass is waiting for memory.
/// </summary>
internal sealed unsafe class HeadPrefetch(AttentionShape shape)
{
    private readonly List<Cursor> cursors = [];

    /// <summary>Forgets the heads that were added.</summary>
    public void Clear() => cursors.Clear();

    /// <summary>Adds a head, of which the part that corresponds to one query is brought with each <see cref="Next"/>.</summary>
    /// <param name="index">Sequence times heads plus head; beyond the last one, nothing is added.</param>
    public void Add(HeadRows rows, long index, int tokens)
    {
        if (!Sse.IsSupported || index >= (long)shape.Batch * shape.Heads) return;
        var (sequence, head) = Math.DivRem(index, shape.Heads);
        var first = rows.Head(sequence, head);
        cursors.Add(new Cursor(first[0], first.Stride, shape.Size * rows.ElementSize, tokens,
            (tokens + shape.Queries - 1) / Math.Max(1, shape.Queries)));
    }

    /// <summary>To be called once per query.</summary>
    public void Next()
    {
        foreach (ref var cursor in System.Runtime.InteropServices.CollectionsMarshal.AsSpan(cursors)) cursor.Next();
    }

    private struct Cursor(byte* row, nint stride, int bytes, int left, int each)
    {
        public void Next()
        {
            const int line = 64;
            for (var i = Math.Min(each, left); i > 0; i--, left--, row += stride)
                for (var at = 0; at < bytes; at += line) Sse.Prefetch1(row + at);
        }
    }
}
