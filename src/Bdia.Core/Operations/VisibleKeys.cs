namespace Bdia.Core.Operations;

/// <summary>
/// The keys of a sequence that its mask allows, in their order. The others are never read: they cost no time and touch no bit.
/// </summary>
internal sealed unsafe class VisibleKeys(AttentionShape shape)
{
    private readonly int[] tokens = [.. Enumerable.Range(0, shape.Keys)];
    private readonly int[] seen = new int[shape.Queries];

    /// <summary>How many there are.</summary>
    public int Count { get; private set; } = shape.Keys;

    /// <summary>Token of the visible key <paramref name="key"/>.</summary>
    public int Token(int key) => tokens[key];

    /// <summary>How many of them, from the first one on, query <paramref name="query"/> sees; never fewer than the query before.</summary>
    public int Seen(int query) => shape.Causal ? seen[query] : Count;

    /// <summary>Turns to a sequence.</summary>
    /// <param name="mask">A byte per key of that sequence; null = all are allowed.</param>
    public void Read(byte* mask)
    {
        Count = 0;
        for (var token = 0; token < Math.Max(shape.Keys, shape.Causal ? shape.Queries : 0); token++)
        {
            if (token < shape.Keys && (mask == null || mask[token] != 0)) tokens[Count++] = token;
            if (shape.Causal && token < shape.Queries) seen[token] = Count;
        }
    }
}
