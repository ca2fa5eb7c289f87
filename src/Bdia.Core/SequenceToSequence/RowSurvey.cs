using System.Collections;
using Bdia.Core.Numerics;
using Bdia.Core.Text;
using Bdia.Core.Training;

namespace Bdia.Core.SequenceToSequence;

/// <summary>
/// What the first pass over training rows finds, and which of them are held back: before there are tokenizers, which must not see those.
/// </summary>
internal sealed class RowSurvey
{
    private readonly BitArray usable, held;
    private readonly HashSet<ulong> trained;

    private RowSurvey(BitArray usable, BitArray held, SourceGroups sources, bool heldBySource)
    {
        (this.usable, this.held, HeldBySource) = (usable, held, heldBySource);
        trained = [.. Enumerable.Range(0, usable.Count).Where(IsKept).Select(row => sources[row])];
    }

    /// <summary>Whether a row is trained on.</summary>
    public bool IsKept(int row) => usable[row] && !held[row];

    /// <summary>Whether a row is held back for validation.</summary>
    public bool IsHeld(int row) => held[row];

    /// <summary>Whether sources that recur decided which rows are held back.</summary>
    public bool HeldBySource { get; }

    /// <summary>Whether a source is trained on.</summary>
    public bool IsTrainedOn(string source, SequenceTrainingOptions options) => trained.Contains(Key(source, options));

    /// <summary>
    /// Reads all rows once, and chooses the rows to hold back: at random, at least one where a share is asked for, but never the last
    /// usable row. Rows of one source go together, so that what is validated was not trained on, unless that would hold back twice as many
    /// as asked for, or all.
    /// </summary>
    public static RowSurvey Of(PairReader reader, SequenceTrainingOptions options, double validationFraction, ulong seed)
    {
        var flags = new List<bool>();
        var sources = new SourceGroups();
        foreach (var pair in reader.Read())
        {
            flags.Add(!IsEmpty(pair.Source, options.SourceTokenizer, options) && !IsEmpty(pair.Target, options.TargetTokenizer, options));
            sources.Add(flags[^1] ? Key(pair.Source, options) : 0);
        }

        var usable = Enumerable.Range(0, flags.Count).Where(row => flags[row]).ToArray();
        if (usable.Length == 0)
        {
            throw new InvalidDataException(flags.Count == 0
                ? "The training data has no rows; give it at least one."
                : $"The training data has {flags.Count} rows, and in each of them the source or the target is empty; give it at least "
                    + "one pair.");
        }

        var held = new BitArray(flags.Count);
        var heldBySource = false;
        if (validationFraction > 0)
        {
            var wanted = Math.Min(usable.Length - 1,
                Math.Max(1, (int)Math.Round(usable.Length * validationFraction, MidpointRounding.AwayFromZero)));
            var order = WindowShuffle.Order(usable.Length, usable.Length, RandomSequence.At(seed, SequenceRandom.Split))
                .Select(step => usable[step.Row]).ToList();
            var bySource = sources.Choose(order, wanted);
            var byRow = order.Take(wanted).ToList();
            var chosen = bySource.Count > 0 ? bySource : byRow;
            heldBySource = !chosen.SequenceEqual(byRow);
            foreach (var row in chosen) held[row] = true;
        }

        return new RowSurvey(new BitArray(flags.ToArray()), held, sources, heldBySource);
    }

    private static ulong Key(string source, SequenceTrainingOptions options)
        => TextKey.Of(options.SourceTokenizer?.Normalize(source) ?? options.Tokenizer.Normalization.Apply(source));

    private static bool IsEmpty(string? text, ITextTokenizer? tokenizer, SequenceTrainingOptions options)
        => string.IsNullOrEmpty(text)
            || (tokenizer is null ? options.Tokenizer.Normalization.Apply(text).Length == 0 : tokenizer.Encode(text).Count == 0);
}
