using System.Collections;
using Bdia.Core.Numerics;
using Bdia.Core.Text;
using Bdia.Core.Training;

namespace Bdia.Core.SequenceToSequence;

/// <summary>What the first pass over training rows finds, and which of them are held back: before there are tokenizers, which must not see those.</summary>
internal sealed class RowSurvey
{
    private readonly BitArray _usable, _held;

    private RowSurvey(BitArray usable, BitArray held) => (_usable, _held) = (usable, held);

    /// <summary>Whether a row is trained on.</summary>
    public bool IsKept(int row) => _usable[row] && !_held[row];

    /// <summary>Whether a row is held back for validation.</summary>
    public bool IsHeld(int row) => _held[row];

    /// <summary>Reads all rows once, and chooses the rows to hold back: at random, at least one where a share is asked for, but never the last usable row.</summary>
    public static RowSurvey Of(PairReader reader, SequenceTrainingOptions options, double validationFraction, ulong seed)
    {
        var flags = new List<bool>();
        foreach (var pair in reader.Read())
            flags.Add(!IsEmpty(pair.Source, options.SourceTokenizer, options) && !IsEmpty(pair.Target, options.TargetTokenizer, options));

        var usable = Enumerable.Range(0, flags.Count).Where(row => flags[row]).ToArray();
        if (usable.Length == 0)
        {
            throw new InvalidDataException(flags.Count == 0
                ? "The training data has no rows; give it at least one."
                : $"The training data has {flags.Count} rows, and in each of them the source or the target is empty; give it at least one pair.");
        }

        var held = new BitArray(flags.Count);
        if (validationFraction > 0)
        {
            var wanted = Math.Max(1, (int)Math.Round(usable.Length * validationFraction, MidpointRounding.AwayFromZero));
            var order = WindowShuffle.Order(usable.Length, usable.Length, RandomSequence.At(seed, SequenceRandom.Split));
            foreach (var step in order.Take(Math.Min(usable.Length - 1, wanted))) held[usable[step.Row]] = true;
        }

        return new RowSurvey(new BitArray(flags.ToArray()), held);
    }

    private static bool IsEmpty(string? text, ITextTokenizer? tokenizer, SequenceTrainingOptions options)
        => string.IsNullOrEmpty(text) || (tokenizer is null ? options.Tokenizer.Normalization.Apply(text).Length == 0 : tokenizer.Encode(text).Count == 0);
}
