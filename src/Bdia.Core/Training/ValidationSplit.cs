using Bdia.Core.Numerics;

namespace Bdia.Core.Training;

/// <summary>Chooses the rows that are held back for validation.</summary>
internal static class ValidationSplit
{
    private const int FirstRows = 1000;
    private const double OfFirst = 0.1, OfOthers = 0.02;

    /// <summary>
    /// The share of rows with classes that is held back where nobody says how many: a tenth of the first thousand, a fiftieth of others. To
    /// tell one epoch from the next takes some hundred rows, not a tenth of many thousands that could be learned from.
    /// </summary>
    public static double UsualFraction(int rows)
        => rows <= FirstRows ? OfFirst : (OfFirst * FirstRows + OfOthers * (rows - FirstRows)) / rows;

    /// <summary>
    /// A share of every class, so that the held-back rows have the classes in the same proportions; shares that do not come out even go to
    /// the classes with the largest remainders.
    /// </summary>
    /// <param name="labels">Class of every row.</param>
    /// <param name="fraction">Share to hold back.</param>
    /// <param name="random">Source of the choice.</param>
    /// <returns>Whether each row is held back. Every class keeps at least one row.</returns>
    public static bool[] Stratified(IReadOnlyList<int> labels, double fraction, RandomSequence random)
    {
        var classes = Enumerable.Range(0, labels.Count).GroupBy(row => labels[row]).OrderBy(group => group.Key)
            .Select(group => group.ToArray()).ToArray();
        var taken = classes.Select(rows => Math.Min(rows.Length - 1, (int)(rows.Length * fraction))).ToArray();
        var missing = Wanted(labels.Count, fraction) - taken.Sum();
        // Equal remainders are common (classes of equal size): chance decides among them, not the order of the classes.
        var byRemainder = Shuffled(Enumerable.Range(0, classes.Length), ref random)
            .OrderByDescending(c => classes[c].Length * fraction - taken[c]).Where(c => taken[c] < classes[c].Length - 1);
        foreach (var c in byRemainder.Take(Math.Max(0, missing)).ToArray()) taken[c]++;

        var held = new bool[labels.Count];
        for (var c = 0; c < classes.Length; c++)
        {
            foreach (var row in Shuffled(classes[c], ref random).Take(taken[c])) held[row] = true;
        }

        return held;
    }

    /// <summary>A share of all rows, whatever their class. At least two rows are kept, where there are as many.</summary>
    public static bool[] Random(int count, double fraction, RandomSequence random)
    {
        var held = new bool[count];
        foreach (var row in Shuffled(Enumerable.Range(0, count), ref random)
            .Take(Math.Min(count - 2, Wanted(count, fraction)))) held[row] = true;
        return held;
    }

    private static int Wanted(int count, double fraction) => Math.Max(1, (int)Math.Round(count * fraction, MidpointRounding.AwayFromZero));

    private static int[] Shuffled(IEnumerable<int> items, ref RandomSequence random)
    {
        var array = items.ToArray();
        var order = WindowShuffle.Order(array.Length, Math.Max(1, array.Length), new RandomSequence(random.Next()));
        return [.. order.Select(step => array[step.Row])];
    }
}
