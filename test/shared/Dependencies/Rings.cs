namespace Bdia.Tests.Dependencies;

/// <summary>Rings of a graph: its strongly connected parts of more than one node (Tarjan, 1972).</summary>
internal sealed class Rings
{
    private readonly ILookup<string, string> arrows;
    private readonly Dictionary<string, int> number = [], lowest = [];
    private readonly Stack<string> open = new();
    private readonly List<string[]> rings = [];

    private Rings(ILookup<string, string> arrows) => this.arrows = arrows;

    /// <summary>Every ring, its nodes in order of name, the largest ring first.</summary>
    public static IReadOnlyList<string[]> Of(IEnumerable<(string From, string To)> arrows)
    {
        var graph = new Rings(arrows.ToLookup(arrow => arrow.From, arrow => arrow.To));
        foreach (var node in graph.arrows.Select(group => group.Key).Order(StringComparer.Ordinal))
            if (!graph.number.ContainsKey(node))
                graph.Visit(node);
        return [.. graph.rings.OrderByDescending(ring => ring.Length).ThenBy(ring => ring[0], StringComparer.Ordinal)];
    }

    private void Visit(string node)
    {
        number[node] = lowest[node] = number.Count;
        open.Push(node);
        foreach (var next in arrows[node])
            if (!number.TryGetValue(next, out var known))
            {
                Visit(next);
                lowest[node] = Math.Min(lowest[node], lowest[next]);
            }
            else if (open.Contains(next)) lowest[node] = Math.Min(lowest[node], known);

        if (lowest[node] != number[node]) return;
        var ring = new List<string>();
        do ring.Add(open.Pop());
        while (ring[^1] != node);
        if (ring.Count > 1) rings.Add([.. ring.Order(StringComparer.Ordinal)]);
    }
}
