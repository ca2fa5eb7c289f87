namespace Bdia.Data;

/// <summary>Sets rows apart for testing where a data set has none of its own.</summary>
public static class HeldOut
{
    /// <summary>
    /// Holds back a share of every class, chosen by the seed, at least one row of each class that has two. Rows of one content go the same
    /// way, so that nothing that is tested is trained on.
    /// </summary>
    /// <param name="rows">The rows.</param>
    /// <param name="label">The class of a row.</param>
    /// <param name="content">What makes rows the same: of one text all rows go one way.</param>
    /// <param name="share">How much is held back, above 0 and below 1.</param>
    /// <param name="seed">Other seeds hold back other rows.</param>
    /// <returns>The rows that are kept and those that are held back, in their own order.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The share is not between 0 and 1.</exception>
    public static (List<T> Kept, List<T> Held) Split<T>(IReadOnlyList<T> rows, Func<T, string> label, Func<T, string> content, double share,
        int seed)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if (share is not (> 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(share), share, "The share that is held back must be above 0 and below 1.");
        var held = new HashSet<string>(StringComparer.Ordinal);
        // A content that stands in two classes goes with the first of them.
        foreach (var ofClass in rows.GroupBy(content, StringComparer.Ordinal).GroupBy(group => label(group.First()), StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            var contents = ofClass.Select(group => group.Key).ToArray();
            new Random(seed).Shuffle(contents);
            held.UnionWith(contents.Take(Math.Min(contents.Length - 1, (int)Math.Ceiling(contents.Length * share))));
        }

        return ([.. rows.Where(row => !held.Contains(content(row)))], [.. rows.Where(row => held.Contains(content(row)))]);
    }
}
