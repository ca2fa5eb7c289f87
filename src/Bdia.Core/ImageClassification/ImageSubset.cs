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

    /// <summary>All rows in the data's order.</summary>
    public IEnumerable<Row> InOrder()
    {
        if (survey.Store is { } store) return rows.Select(number => new Row(number, survey.Labels[number], store, number));
        return ReadInOrder();
    }

    /// <summary>All rows in a random order, within a window that the budget allows.</summary>
    public IEnumerable<Row> Shuffled(RandomSequence random)
    {
        if (survey.Store is { } store)
        {
            return WindowShuffle.Order(Count, Count, random)
                .Select(step => rows[step.Row]).Select(number => new Row(number, survey.Labels[number], store, number));
        }

        return ReadShuffled((int)Math.Clamp(budget / survey.RowBytes, 1, Count), random);
    }

    private IEnumerable<Row> ReadInOrder()
    {
        var slot = new PixelStore(survey.Shape.Size, survey.AreBytes);
        slot.Add(new float[survey.Shape.Size]);
        foreach (var (number, pixels) in Read())
        {
            slot.Set(0, pixels);
            yield return new Row(number, survey.Labels[number], slot, 0);
        }
    }

    private IEnumerable<Row> ReadShuffled(int window, RandomSequence random)
    {
        using var unread = Read().GetEnumerator();
        var store = new PixelStore(survey.Shape.Size, survey.AreBytes);
        for (var i = 0; i < window && unread.MoveNext(); i++) store.Add(unread.Current.Pixels);
        foreach (var step in WindowShuffle.Order(Count, window, random))
        {
            yield return new Row(rows[step.Row], survey.Labels[rows[step.Row]], store, step.Slot);
            if (step.Refill && unread.MoveNext()) store.Set(step.Slot, unread.Current.Pixels);
        }
    }

    /// <summary>Reads the data again, and makes sure that it is what the first pass saw.</summary>
    private IEnumerable<(int Number, float[] Pixels)> Read()
    {
        var (number, next) = (0, 0);
        foreach (var row in source.Read())
        {
            if (number < survey.Labels.Count)
            {
                RowCheck.Check(row, number, "re-read", survey.Shape, int.MaxValue);
                if (row.Label != survey.Labels[number])
                    throw Changed($"row {number} has label {row.Label}, where the first pass saw {survey.Labels[number]}");
            }

            if (next < rows.Length && number == rows[next])
            {
                next++;
                yield return (number, row.Pixels);
            }

            if (next == rows.Length) yield break;
            number++;
        }

        throw Changed($"it ended after {number} rows, where the first pass saw {survey.Labels.Count}");
    }

    private static InvalidDataException Changed(string fact)
        => new($"The data changed between two passes: {fact}. Give rows that stay the same and in the same order, or raise "
            + "PixelCacheBytes so that they are read once.");
}
