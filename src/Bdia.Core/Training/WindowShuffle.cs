using Bdia.Core.Numerics;

namespace Bdia.Core.Training;

/// <summary>
/// A seeded shuffle of rows 0..count-1 that holds only a window of them at a time. Each step emits a random row of the
/// window; the next unread row takes its place. A window of all rows is the Fisher-Yates shuffle, so that data in memory and
/// data that is read anew each epoch go through the same lines, and in the same order where the window is large enough.
/// </summary>
internal static class WindowShuffle
{
    /// <summary>One emitted row: its number, and the slot of the window it lies in.</summary>
    /// <param name="Row">Number of the row in reading order.</param>
    /// <param name="Slot">Where the window holds it; row r starts in slot r while r is below the window's size.</param>
    /// <param name="Refill">Whether the next unread row now belongs into that slot.</param>
    public readonly record struct Step(int Row, int Slot, bool Refill);

    /// <summary>Emits every row exactly once, in an order that depends on nothing but the arguments.</summary>
    /// <param name="count">Number of rows.</param>
    /// <param name="window">Rows held at a time, at least 1; more than <paramref name="count"/> means all.</param>
    /// <param name="random">Source of the order.</param>
    public static IEnumerable<Step> Order(int count, int window, RandomSequence random)
    {
        var live = Math.Min(count, window);
        var rows = new int[live];
        var slots = new int[live];
        for (var i = 0; i < live; i++) rows[i] = slots[i] = i;

        var unread = live;
        while (live > 0)
        {
            var i = random.Next(live);
            var refill = unread < count;
            yield return new Step(rows[i], slots[i], refill);
            if (refill)
            {
                rows[i] = unread++;
            }
            else
            {
                live--;
                (rows[i], slots[i]) = (rows[live], slots[live]);
            }
        }
    }
}
