using Bdia.Data.Texts;
using Bdia.Samples.Common.Data;
using Bdia.Samples.TextClassification.Data;

namespace Bdia.Samples.TextClassification.Matches;

/// <summary>
/// Reports of matches, of which the class is who has won: "young Anna from Rome lost to tall Amelia of Bern". Both names are in every text,
/// and so which words there are tells no more than who may have won; their order, and the words that join them, tell who has.
/// </summary>
/// <remarks>
/// What stands before and behind a name has nothing to do with who has won: pairs of words and runs of letters, which FeaturizeText counts
/// besides words, do not tell either.
/// </remarks>
internal static class MatchBook
{
    private const int TestShare = 5; // one pair of names in so many is held out

    private static readonly string[] Names =
        ["Ada", "Adela", "Agatha", "Alina", "Amelia", "Andrea", "Angela", "Anna", "Antonia", "Aurelia"];

    // {w} has won, {l} has lost.
    private static readonly string[] Patterns =
    [
        "{w} beat {l}", "{l} lost to {w}", "{l} was beaten by {w}", "{w} won against {l}", "{l} had no chance against {w}",
        "it was {w} who beat {l}", "it was {l} whom {w} beat", "{l} could not stop {w}", "{w} left {l} behind", "{w} was stronger than {l}",
        "{l} was weaker than {w}", "not {l} but {w} has won", "{w} has won, not {l}", "the winner is {w}, as {l} admits",
        "{l} admits that {w} is the winner", "{l} congratulates {w}", "{w} thanks {l} for a fair match and takes the cup",
        "the cup goes to {w} and not to {l}", "to {l} goes the second place, the first one to {w}", "{w} is ahead of {l}",
        "{l} is behind {w}", "against {w}, {l} did not win a single game", "whatever {l} tried, {w} had an answer",
        "{w} had an answer to all that {l} tried",
    ];

    private static readonly string[] Kinds = ["young", "tall", "calm", "quick", "brave", "quiet"];
    private static readonly string[] Places = ["of Bern", "from Rome", "of Lyon", "from Oslo", "of Graz", "from Porto"];

    private static readonly string[] Openings =
        ["", "", "", "we hear that ", "as expected, ", "what a surprise: ", "in the final, ", "today "];

    private static readonly string[] Endings =
        ["", "", "", " once more", ", the paper says", " in three sets", " in the rain", ", and that was that"];

    /// <summary>The classes.</summary>
    public static IReadOnlyList<string> Classes => Names;

    /// <summary>Makes rows. Pairs of names that are tested are never trained on, whoever of them has won.</summary>
    /// <param name="count">How many.</param>
    /// <param name="seed">Of the choice.</param>
    /// <param name="forTest">Whether they are to test with.</param>
    public static IReadOnlyList<LabelledText> Rows(int count, int seed, bool forTest)
    {
        var rows = new List<LabelledText>(count);
        for (ulong i = 0; rows.Count < count; i++)
        {
            var random = new SplitMix64(SplitMix64.Mix((ulong)seed + (forTest ? 1UL << 40 : 0)) + SplitMix64.Mix(i));
            var (winner, loser) = (random.Below(Names.Length), random.Below(Names.Length - 1));
            if (loser >= winner) loser++;
            if (IsTested(winner, loser) != forTest) continue;
            rows.Add(new()
            {
                Text = Openings[random.Below(Openings.Length)]
                    + Patterns[random.Below(Patterns.Length)].Replace("{w}", Player(winner)).Replace("{l}", Player(loser))
                    + Endings[random.Below(Endings.Length)],
                Class = Names[winner],
            });

            string Player(int player)
                => $"{Kinds[random.Below(Kinds.Length)]} {Names[player]} {Places[random.Below(Places.Length)]}";
        }

        return rows;
    }

    /// <summary>Whether texts of two of the names are held out: the same whoever has won, and whatever the seed.</summary>
    public static bool IsTested(int one, int other)
        => (Math.Min(one, other) + (2 * Math.Max(one, other))) % TestShare == 0; // every name is in some pairs of either kind
}
