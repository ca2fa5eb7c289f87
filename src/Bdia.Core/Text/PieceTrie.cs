namespace Bdia.Core.Text;

/// <summary>Texts in UTF-8 with their ids, found along a text byte by byte. Safe to read from several threads.</summary>
internal sealed class PieceTrie
{
    /// <summary>Where every walk begins.</summary>
    public const int Root = 0;

    private const int None = -1;

    private readonly Dictionary<long, int> children = []; // (node, byte) to node
    private readonly List<int> ids = [None];

    /// <summary>Adds a text.</summary>
    /// <returns>Whether it was new; where it was not, nothing changes.</returns>
    public bool TryAdd(ReadOnlySpan<byte> text, int id)
    {
        var node = Root;
        foreach (var value in text)
        {
            if (!children.TryGetValue(Edge(node, value), out var child))
            {
                children.Add(Edge(node, value), child = ids.Count);
                ids.Add(None);
            }

            node = child;
        }

        if (ids[node] != None) return false;
        ids[node] = id;
        return true;
    }

    /// <summary>Goes on by a byte; false where no text goes on so.</summary>
    public bool TryStep(ref int node, byte value)
    {
        if (!children.TryGetValue(Edge(node, value), out var child)) return false;
        node = child;
        return true;
    }

    /// <summary>The id of the text that ends at a node; -1 where none does.</summary>
    public int Id(int node) => ids[node];

    /// <summary>The id of a text; -1 where it was not added.</summary>
    public int Find(ReadOnlySpan<byte> text)
    {
        var node = Root;
        foreach (var value in text)
            if (!TryStep(ref node, value)) return None;
        return ids[node];
    }

    /// <summary>Bytes of the longest text that a given one begins with; 0 where there is none.</summary>
    public int LongestPrefix(ReadOnlySpan<byte> text)
    {
        var (node, longest) = (Root, 0);
        for (var i = 0; i < text.Length && TryStep(ref node, text[i]); i++)
            if (ids[node] != None) longest = i + 1;
        return longest;
    }

    private static long Edge(int node, byte value) => (long)node << 8 | value;
}
