namespace Bdia.Core.SequenceToSequence;

/// <summary>
/// Which rows read the same, by the <see cref="Text.TextKey"/> of each source.
/// </summary>
internal sealed class SourceGroups
{
    private readonly List<ulong> keys = [];

    /// <summary>Notes the next row.</summary>
    public void Add(ulong key) => keys.Add(key);

    /// <summary>The key of a row.</summary>
    public ulong this[int row] => keys[row];

    /// <summary>
    /// Rows to hold back, so that no source is on both sides: those with the first sources of an order, about as many as wanted.
    /// </summary>
    /// <param name="rows">Rows that may be held back, in a random order; one source at least is left.</param>
    /// <param name="wanted">How many.</param>
    /// <returns>Their numbers; none where each source has so many rows that too many would be held back, or all.</returns>
    public IReadOnlyList<int> Choose(IReadOnlyList<int> rows, int wanted)
    {
        var members = rows.GroupBy(row => keys[row]).Select(group => group.ToArray()).ToList(); // in the order of their first rows
        var held = new List<int>();
        foreach (var group in members)
        {
            if (held.Count >= wanted) break;
            // A source with more rows than are still wanted is passed over.
            if (held.Count + group.Length <= wanted) held.AddRange(group);
        }

        // Where all have too many, the one with the fewest will do if it is not much too large.
        if (held.Count == 0 && members.Count > 1 && members.MinBy(group => group.Length) is { } least
            && least.Length <= 2 * wanted) held.AddRange(least);
        return held;
    }
}
