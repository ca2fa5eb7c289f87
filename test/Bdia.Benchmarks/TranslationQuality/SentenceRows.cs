using Bdia.Data;
using Bdia.Data.Texts;

namespace Bdia.Benchmarks.TranslationQuality;

/// <summary>The pairs of a contender: to learn from, to choose the epoch by, to score once.</summary>
/// <param name="Train">The first ones of the data, or such as a constant seed chose where the data have no test rows of their own.</param>
/// <param name="Validation">They choose the epoch.</param>
/// <param name="Test">They are translated once.</param>
internal sealed record SentenceRows(IReadOnlyList<TextPair> Train, IReadOnlyList<TextPair> Validation, IReadOnlyList<TextPair> Test)
{
    // The same rows for every contender and seed, so that these alone make the difference.
    private const int Choice = 1;

    private const int HeldRows = 1000;

    /// <summary>Reads the data; where they have no test and validation rows of their own, 1,000 source texts are set apart for each, with
    /// all their translations, of which one is kept.</summary>
    public static SentenceRows Load(SentenceSettings settings)
    {
        var data = ParallelTextSet.Open(settings.Data, settings.Source, settings.Target);
        if (data is { Validation: { } validation, Test: { } test }) return new(Few(data.Train), validation, test);
        if (data.Validation is not null || data.Test is not null)
            throw new InvalidDataException($"{settings.Data} has validation or test rows, but not both; this suite takes both or none.");
        var (rest, forTest) = Split(data.Train);
        var (train, forValidation) = Split(rest);
        // Tatoeba's are ordered by length: the first ones are words.
        var shuffled = train.ToArray();
        new Random(Choice).Shuffle(shuffled);
        return new(Few(shuffled), forValidation, forTest);

        IReadOnlyList<TextPair> Few(IReadOnlyList<TextPair> rows) => settings.Rows > 0 ? [.. rows.Take(settings.Rows)] : rows;
    }

    private static (List<TextPair> Kept, List<TextPair> Held) Split(IReadOnlyList<TextPair> rows)
    {
        var sources = rows.Select(row => row.Source).Distinct(StringComparer.Ordinal).Count();
        var (kept, held) = HeldOut.Split(rows, _ => "", row => row.Source, Math.Min(0.1, (double)HeldRows / sources), Choice);
        return (kept, [.. held.DistinctBy(row => row.Source, StringComparer.Ordinal)]);
    }
}
