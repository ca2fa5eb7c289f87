namespace Bdia.Samples.ImageClassification.Data;

/// <summary>Chooses rows so that no class is left out.</summary>
internal static class Turns
{
    /// <summary>
    /// Puts rows in an order in which the classes take turns, each class in its own order, and keeps the first
    /// <paramref name="count"/> (null: all). So a small part of a file that is sorted by class still has every class.
    /// </summary>
    public static List<T> Take<T>(IEnumerable<T> rows, Func<T, string> label, int? count)
    {
        var turns = new Dictionary<string, int>(StringComparer.Ordinal);
        return [.. rows
            .Select(row => (Row: row, Turn: turns[label(row)] = turns.GetValueOrDefault(label(row), -1) + 1))
            .OrderBy(row => row.Turn) // a stable sort: within a turn the order stays
            .Take(count ?? int.MaxValue)
            .Select(row => row.Row)];
    }

    /// <summary>Holds back a fifth of every class, at least one row, chosen by the seed, for data that come without test rows.</summary>
    public static (List<T> Train, List<T> Test) Split<T>(IEnumerable<T> rows, Func<T, string> label, int seed)
    {
        var (train, test) = (new List<T>(), new List<T>());
        foreach (var group in rows.GroupBy(label).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            var shuffled = group.ToArray();
            new Random(seed).Shuffle(shuffled);
            var held = Math.Max(1, shuffled.Length / 5);
            test.AddRange(shuffled[..held]);
            train.AddRange(shuffled[held..]);
        }

        return (train, test);
    }
}
