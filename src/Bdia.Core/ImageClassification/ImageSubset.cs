using Bdia.Core.Distributed;
using Bdia.Core.Numerics;
using Bdia.Core.Training;

namespace Bdia.Core.ImageClassification;

/// <summary>
/// Some rows of some data, in memory or read anew: both give the same rows in the same order where the window holds them all.
/// </summary>
/// <param name="source">Where rows come from when they are not in memory.</param>
/// <param name="survey">What the first pass found.</param>
/// <param name="rows">Numbers of the rows, ascending.</param>
/// <param name="budget">Bytes for the window of rows that are read anew.</param>
internal sealed class ImageSubset(IImageRows source, ImageSurvey survey, int[] rows, long budget)
{
    /// <summary>A row, and where its pixels lie until the next row is asked for.</summary>
    /// <param name="Number">Number of the row in the data.</param>
    /// <param name="Label">Its class.</param>
    /// <param name="Store">What holds its pixels.</param>
    /// <param name="Slot">Where in it.</param>
    public readonly record struct Row(int Number, int Label, PixelStore Store, int Slot);

    /// <summary>Number of rows.</summary>
    public int Count => rows.Length;

    /// <summary>Size of every image.</summary>
    public ImageShape Shape => survey.Shape;

    /// <summary>The ranks that share the rows; this process alone where it has all.</summary>
    public RankGroup Ranks => survey.Ranks;

    /// <summary>All rows in the data's order.</summary>
    /// <param name="wanted">Whether the pixels of a row are, by its place in this order; of others, there may be none. Null: all.</param>
    public IEnumerable<Row> InOrder(Func<int, bool>? wanted = null)
        => survey.IsInMemory ? rows.Select(InMemory) : ReadInOrder(wanted ?? (_ => true));

    /// <summary>All rows in a random order, within a window that the budget allows.</summary>
    /// <param name="random">Of the order.</param>
    /// <param name="wanted">Whether the pixels of a row are, by its place in this order; of others, there may be none. Null: all.</param>
    public IEnumerable<Row> Shuffled(RandomSequence random, Func<int, bool>? wanted = null)
        => survey.IsInMemory ? Order(Count, random).Select(row => InMemory(rows[row]))
            : ReadShuffled((int)Math.Clamp(budget / survey.RowBytes, 1, Count), random, wanted ?? (_ => true));

    /// <summary>Takes rows in memory to the ranks that need them, where several share them; all of them call it.</summary>
    /// <param name="random">Of the order; null: the data's.</param>
    /// <param name="needs">The rank that needs a row, by its place in this order; -1: none.</param>
    public void Move(RandomSequence? random, Func<int, int> needs)
    {
        if (survey.Shared is not { } shared) return;
        var by = Enumerable.Repeat(-1, survey.Labels.Count).ToArray();
        foreach (var (row, place) in (random is { } order ? Order(Count, order) : Enumerable.Range(0, Count))
            .Select((row, place) => (row, place))) by[rows[row]] = needs(place);
        shared.Move(by);
    }

    /// <summary>Some rows in the data's order, of whichever rank, for rank 0; none on others, which call it as well.</summary>
    /// <param name="wanted">Which, by their place in this order.</param>
    public IEnumerable<Row> OnFirst(IReadOnlySet<int> wanted)
    {
        var chosen = Enumerable.Range(0, Count).Where(wanted.Contains);
        if (survey.Shared is not { } shared)
            return !Ranks.IsFirst ? [] : InOrder(wanted.Contains).Where((_, place) => wanted.Contains(place));
        if (Ranks.IsFirst) return Received(shared, [.. chosen.Select(place => rows[place])]);
        foreach (var number in chosen.Select(place => rows[place]).Where(number => shared.Holder(number) == Ranks.Rank))
            shared.Send(number, 0);
        return [];
    }

    private Row InMemory(int number) => survey.Shared is { } shared ? new(number, survey.Labels[number], shared.Store, shared.Slot(number))
        : new(number, survey.Labels[number], survey.Store!, number);

    private static IEnumerable<int> Order(int count, RandomSequence random)
        => WindowShuffle.Order(count, count, random).Select(step => step.Row);

    private IEnumerable<Row> Received(SharedPixels shared, IReadOnlyList<int> numbers)
    {
        var place = new PixelStore(survey.Shape.Size, survey.AreBytes);
        place.Grow();
        var next = 0;
        try
        {
            while (next < numbers.Count)
            {
                var number = numbers[next++];
                if (shared.Holder(number) == Ranks.Rank)
                {
                    yield return InMemory(number);
                    continue;
                }

                shared.Receive(number, place);
                yield return new Row(number, survey.Labels[number], place, 0);
            }
        }
        finally
        {
            // Others send them, whether anybody still wants them or not.
            for (; next < numbers.Count; next++)
                if (shared.Holder(numbers[next]) != Ranks.Rank) shared.Receive(numbers[next], place);
        }
    }

    private IEnumerable<Row> ReadInOrder(Func<int, bool> wanted)
    {
        var slot = new PixelStore(survey.Shape.Size, survey.AreBytes);
        slot.Grow();
        using var read = Read(wanted).GetEnumerator();
        for (var place = 0; place < rows.Length; place++)
        {
            if (wanted(place)) slot.Set(0, Next(read));
            yield return new Row(rows[place], survey.Labels[rows[place]], slot, 0);
        }
    }

    private IEnumerable<Row> ReadShuffled(int window, RandomSequence random, Func<int, bool> wanted)
    {
        // In the window are those alone whose pixels are wanted: of several ranks, each holds its part of it.
        var isWanted = new bool[Count];
        foreach (var (step, place) in WindowShuffle.Order(Count, window, random).Select((step, place) => (step, place)))
            isWanted[step.Row] = wanted(place);
        var store = new PixelStore(survey.Shape.Size, survey.AreBytes);
        var (slots, free, unread) = (new Dictionary<int, int>(), new Stack<int>(), 0);
        using var read = Read(row => isWanted[row]).GetEnumerator();
        while (unread < window) Admit();
        foreach (var step in WindowShuffle.Order(Count, window, random))
        {
            var isHere = slots.Remove(step.Row, out var slot);
            yield return new Row(rows[step.Row], survey.Labels[rows[step.Row]], store, isHere ? slot : -1);
            if (isHere) free.Push(slot);
            if (step.Refill) Admit();
        }

        void Admit()
        {
            var row = unread++;
            if (!isWanted[row]) return;
            var slot = free.TryPop(out var vacant) ? vacant : store.Grow();
            slots.Add(row, slot);
            store.Set(slot, Next(read));
        }
    }

    private static float[] Next(IEnumerator<float[]> read)
        => read.MoveNext() ? read.Current : throw new InvalidOperationException("Rows that were counted were not read.");

    /// <summary>Reads wanted rows of the data again, and makes sure that it is what the first pass saw.</summary>
    private IEnumerable<float[]> Read(Func<int, bool> wanted) => survey.Positions is null ? ReadAll(wanted) : ReadSome(wanted);

    private IEnumerable<float[]> ReadAll(Func<int, bool> wanted)
    {
        var (number, next) = (0, 0);
        foreach (var row in source.Read())
        {
            if (number < survey.Labels.Count) Check(row, number);
            if (next < rows.Length && number == rows[next] && wanted(next++)) yield return row.Pixels;
            if (next == rows.Length) yield break;
            number++;
        }

        throw Changed($"it ended after {number} rows, where the first pass saw {survey.Labels.Count}");
    }

    private IEnumerable<float[]> ReadSome(Func<int, bool> wanted)
    {
        var asked = new Queue<int>(Enumerable.Range(0, rows.Length).Where(wanted).Select(place => rows[place]));
        if (asked.Count == 0) yield break;
        foreach (var (position, row) in source.ReadSome(position => asked.TryPeek(out var first) && position == survey.Positions![first]))
        {
            Check(row, asked.Peek());
            asked.Dequeue();
            yield return row.Pixels;
            if (asked.Count == 0) yield break;
        }

        throw Changed($"the row at position {survey.Positions![asked.Peek()]} cannot be used any more, or is not there");
    }

    private void Check(ImageRow row, int number)
    {
        RowCheck.Check(row, number, "re-read", survey.Shape, int.MaxValue);
        if (row.Label != survey.Labels[number])
            throw Changed($"row {number} has label {row.Label}, where the first pass saw {survey.Labels[number]}");
    }

    private static InvalidDataException Changed(string fact)
        => new($"The data changed between two passes: {fact}. Give rows that stay the same and in the same order, or raise "
            + "PixelCacheBytes so that they are read once.");
}
