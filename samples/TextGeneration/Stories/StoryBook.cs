using System.Text;
using Bdia.Samples.Common.Data;
using Bdia.Samples.TextGeneration.Data;

namespace Bdia.Samples.TextGeneration.Stories;

/// <summary>
/// The texts that the sample makes itself: somebody has some things, gets or gives away some, and has so many. All but the end is chance;
/// the end follows from it, so that a model which foresees it has learnt to count. Stories that are tested are never trained on.
/// </summary>
internal static class StoryBook
{
    private const int Least = 1, Most = 12;

    private static readonly string[] Names = ["Ada", "Ben", "Cleo", "Dan", "Eve", "Finn", "Gus", "Ida", "Jan", "Kim", "Lea", "Max"];

    private static readonly string[] Things = ["apples", "books", "coins", "pens", "cups", "keys", "stamps", "shells"];

    /// <summary>Bits of chance in a story: who, what, how many, and what becomes of them, all equally probable.</summary>
    public static double Bits { get; } = Math.Log2(Names.Length * Things.Length * Pairs().Count());

    /// <summary>Makes stories, each once. They depend on seed and part alone, and fewer are the first of more.</summary>
    /// <param name="count">How many.</param>
    /// <param name="seed">Other seeds give other stories.</param>
    /// <param name="isTest">Whether they are those that are never trained on.</param>
    /// <returns>Whole stories; the answer is how many things there are in the end.</returns>
    public static IReadOnlyList<TextRow> Rows(int count, int seed, bool isTest)
    {
        var pairs = Pairs().ToArray();
        var (rows, seen) = (new List<TextRow>(count), new HashSet<string>(StringComparer.Ordinal));
        for (ulong i = 0; rows.Count < count; i++)
        {
            var random = new SplitMix64(SplitMix64.Mix((ulong)seed + 1) + SplitMix64.Mix(i + 1));
            var (name, things) = (Names[random.Below(Names.Length)], Things[random.Below(Things.Length)]);
            var (has, change) = pairs[random.Below(pairs.Length)];
            var what = change > 0 ? $"gets {change} more" : $"gives {-change} away";
            var text = $"{name} has {has} {things}, {what} and now has {has + change}.";
            if (IsTest(text) == isTest && seen.Add(text)) rows.Add(new() { Text = text, Answer = $" {has + change}." });
        }

        return rows;
    }

    /// <summary>A story up to how many things there are in the end.</summary>
    public static TextRow Prompt(TextRow story) => new() { Text = story.Text[..^story.Answer.Length], Answer = story.Answer };

    /// <summary>Whether a story is tested, whatever the seed: one in ten.</summary>
    public static bool IsTest(string text)
        => Encoding.UTF8.GetBytes(text).Aggregate(0UL, (hash, value) => SplitMix64.Mix(hash + value + 1)) % 10 == 0;

    // What somebody has, and what comes to it or goes from it; never more than there is.
    private static IEnumerable<(int Has, int Change)> Pairs()
        => from has in Enumerable.Range(Least, Most)
           from change in Enumerable.Range(-has, has + Most + 1)
           where change != 0
           select (has, change);
}
