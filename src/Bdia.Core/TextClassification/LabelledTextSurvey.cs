using Bdia.Core.Numerics;
using Bdia.Core.Text;
using Bdia.Core.Training;

namespace Bdia.Core.TextClassification;

/// <summary>
/// What the first pass over training rows finds, and which of them are held back: before there is a tokenizer, which must not see those.
/// </summary>
internal sealed class LabelledTextSurvey
{
    private readonly bool[] usable, held;
    private readonly HashSet<ulong> trained;

    private LabelledTextSurvey(bool[] usable, bool[] held, List<ulong> keys)
    {
        (this.usable, this.held) = (usable, held);
        trained = [.. Enumerable.Range(0, usable.Length).Where(IsKept).Select(row => keys[row])];
    }

    /// <summary>Whether a row is trained on.</summary>
    public bool IsKept(int row) => usable[row] && !held[row];

    /// <summary>Whether a row is held back for validation.</summary>
    public bool IsHeld(int row) => held[row];

    /// <summary>Whether the same texts are trained on.</summary>
    public bool IsTrainedOn(LabelledText row, TextClassificationOptions options) => trained.Contains(Key(row, options));

    /// <summary>Reads all rows once, and chooses those to hold back.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="options">Tokenizer and validation.</param>
    /// <param name="share">Share to hold back; 0 = none, null = the usual one.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="seed">Of the choice.</param>
    /// <exception cref="InvalidDataException">There is no usable row, or none of a second class, or a label is no class.</exception>
    public static LabelledTextSurvey Of(IEnumerable<LabelledText> rows, TextClassificationOptions options, double? share, int classes,
        ulong seed)
    {
        var (flags, labels, keys) = (new List<bool>(), new List<int>(), new List<ulong>());
        foreach (var row in rows)
        {
            LabelledTextReader.CheckLabel(row, flags.Count, "training", classes);
            flags.Add(!IsEmpty(row.Text, options) || !IsEmpty(row.Second, options));
            labels.Add(row.Label);
            keys.Add(flags[^1] ? Key(row, options) : 0);
        }

        var usable = Enumerable.Range(0, flags.Count).Where(row => flags[row]).ToArray();
        if (usable.Length == 0)
            throw new InvalidDataException(flags.Count == 0 ? "The training data has no rows; give it at least one."
                : $"The training data has {flags.Count} rows, and none of them has any text; give it rows with text.");
        var held = new bool[flags.Count];
        if (share != 0)
        {
            var fraction = share ?? ValidationSplit.UsualFraction(usable.Length);
            var random = RandomSequence.At(seed, ClassificationRandom.Split);
            int[] ofUsable = [.. usable.Select(row => labels[row])];
            var chosen = options.StratifiedValidation ? ValidationSplit.Stratified(ofUsable, fraction, random)
                : ValidationSplit.Random(ofUsable.Length, fraction, random);
            for (var i = 0; i < usable.Length; i++) held[usable[i]] = chosen[i];
        }

        ClassTargets.RequireTwoClasses(usable.Where(row => !held[row]).Select(row => labels[row]));
        return new LabelledTextSurvey([.. flags], held, keys);
    }

    private static ulong Key(LabelledText row, TextClassificationOptions options)
        => TextKey.Of(Normalized(row.Text, options), row.Second is { } second ? Normalized(second, options) : null);

    private static string Normalized(string? text, TextClassificationOptions options)
        => options.Tokenizer?.Normalize(text ?? "") ?? options.TokenizerTraining.Normalization.Apply(text ?? "");

    private static bool IsEmpty(string? text, TextClassificationOptions options)
        => string.IsNullOrEmpty(text) || (options.Tokenizer is { } tokenizer ? tokenizer.Encode(text).Count == 0
            : options.TokenizerTraining.Normalization.Apply(text).Length == 0);
}
