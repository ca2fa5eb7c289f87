using System.Text;
using Bdia.Data.Texts;
using Bdia.Samples.Common.Data;
using Bdia.Samples.Translation.Data;

namespace Bdia.Samples.Translation.Phrases;

/// <summary>
/// The language pair that the sample makes itself: dates, times, periods, durations, amounts and numbers in English words, and in their
/// standard forms. A part is trained on, others are held out: what a test row means is never trained on, in no wording.
/// </summary>
internal static class PhraseBook
{
    private static readonly Func<Dice, Phrase>[] Kinds =
    [
        .. Share(22, DatePhrase.Draw), .. Share(10, MomentPhrase.Draw), .. Share(8, PeriodPhrase.Draw), .. Share(12, TimePhrase.Draw),
        .. Share(10, DurationPhrase.Draw), .. Share(23, AmountPhrase.Draw), .. Share(15, NumberPhrase.Draw),
    ];

    /// <summary>
    /// Makes rows, each source once. The rows depend on seed, part and direction alone, and fewer are the first of more.
    /// </summary>
    /// <param name="count">How many.</param>
    /// <param name="seed">Other seeds give other rows.</param>
    /// <param name="part">Which meanings they come from.</param>
    /// <param name="toForms">From words to forms, in any wording; or from forms to words, in one.</param>
    public static IReadOnlyList<TextPair> Rows(int count, int seed, PhrasePart part, bool toForms = true)
    {
        var (rows, seen) = (new List<TextPair>(count), new HashSet<string>(count, StringComparer.Ordinal));
        for (ulong i = 0; rows.Count < count; i++)
        {
            var dice = new Dice(SplitMix64.Mix(((ulong)part << 32) | (uint)seed) + SplitMix64.Mix(i + 1), plain: !toForms);
            var phrase = Kinds[dice.Below(Kinds.Length)](dice);
            if (PartOf(phrase.Form) != part) continue;
            var words = phrase.Words(dice);
            if (dice.Sometimes(15)) words = char.ToUpperInvariant(words[0]) + words[1..];
            var row = toForms ? new TextPair { Source = words, Target = phrase.Form } : new() { Source = phrase.Form, Target = words };
            if (seen.Add(row.Source)) rows.Add(row);
        }

        return rows;
    }

    /// <summary>To which part a form belongs, whatever the seed: one in twelve to each of those held out.</summary>
    public static PhrasePart PartOf(string form)
    {
        var hash = 0UL;
        foreach (var value in Encoding.UTF8.GetBytes(form)) hash = SplitMix64.Mix(hash + value + 1);
        return (hash % 12) switch { 0 => PhrasePart.Test, 1 => PhrasePart.Validation, _ => PhrasePart.Training };
    }

    private static IEnumerable<Func<Dice, Phrase>> Share(int percent, Func<Dice, Phrase> draw) => Enumerable.Repeat(draw, percent);
}

/// <summary>What a meaning is used for.</summary>
internal enum PhrasePart
{
    /// <summary>To learn from.</summary>
    Training,

    /// <summary>To choose the best epoch by.</summary>
    Validation,

    /// <summary>For the final figures alone.</summary>
    Test,
}
