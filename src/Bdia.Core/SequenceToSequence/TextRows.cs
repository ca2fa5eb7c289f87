using System.Globalization;
using Bdia.Core.Text;

namespace Bdia.Core.SequenceToSequence;

/// <summary>Turns pairs of text into pairs of ids by one policy, and counts what was left out or cut off.</summary>
/// <param name="what">Which data it is, for messages ("training", "validation").</param>
/// <param name="source">Tokenizer of the source.</param>
/// <param name="target">Tokenizer of the target.</param>
/// <param name="options">Longest texts, and what becomes of longer ones.</param>
internal sealed class TextRows(string what, ITextTokenizer source, ITextTokenizer target, SequenceTrainingOptions options)
{
    /// <summary>Rows of which a side is empty.</summary>
    public int Empty { get; private set; }

    /// <summary>Sources that were cut off.</summary>
    public int CutSources { get; private set; }

    /// <summary>Targets that were cut off.</summary>
    public int CutTargets { get; private set; }

    /// <summary>Source tokens that stand for what the tokenizer cannot write.</summary>
    public long UnknownSourceTokens { get; private set; }

    /// <summary>Target tokens that stand for what the tokenizer cannot write.</summary>
    public long UnknownTargetTokens { get; private set; }

    /// <summary>The rows.</summary>
    public SequenceRows Rows { get; } = new(NetworkIds.Vocabulary(source), NetworkIds.Vocabulary(target));

    /// <summary>Adds a pair, unless a side of it is empty.</summary>
    /// <param name="pair">The pair.</param>
    /// <param name="number">Its row, for messages.</param>
    /// <returns>Whether it was added.</returns>
    /// <exception cref="InvalidDataException">A text is too long, and the policy is to throw.</exception>
    public bool Add(TextPair pair, long number)
    {
        var sourceIds = NetworkIds.Of(source, pair.Source ?? "");
        var targetIds = NetworkIds.Of(target, pair.Target ?? "");
        if (sourceIds.Length == 1 || targetIds.Length == 1)
        {
            Empty++;
            return false;
        }

        if (IsLong(sourceIds, number, "source")) CutSources++;
        if (IsLong(targetIds, number, "target")) CutTargets++;
        UnknownSourceTokens += CountUnknown(sourceIds, source);
        UnknownTargetTokens += CountUnknown(targetIds, target);
        Rows.Add(NetworkIds.CutSource(sourceIds, options.MaxTokens), NetworkIds.CutTarget(targetIds, options.MaxTokens));
        return true;
    }

    /// <summary>What a user should know of these rows, a sentence each.</summary>
    public IEnumerable<string> Notes()
    {
        if (Empty > 0) yield return $"{Empty} of {Empty + Rows.Count} {what} rows have an empty source or target, and are left out.";
        if (CutSources + CutTargets > 0) yield return $"{CutSources} source and {CutTargets} target texts of the {what} rows have more "
            + $"than {options.MaxTokens} tokens; their ends are cut off.";
        foreach (var (side, unknown, tokens) in ((string, long, long)[])[("source", UnknownSourceTokens, Rows.Source.Ids),
            ("target", UnknownTargetTokens, Rows.Target.Ids)])
        {
            if (unknown > 0)
                yield return string.Create(CultureInfo.InvariantCulture,
                    $"{unknown} of {tokens} {side} tokens of the {what} rows ({(double)unknown / tokens:P2}) stand for text that the "
                    + $"tokenizer ")
                    + "cannot write: it is lost. A tokenizer that falls back to bytes, or one trained on the rows, loses nothing.";
        }
    }

    private static long CountUnknown(int[] ids, ITextTokenizer tokenizer) =>
        tokenizer.UnknownId is { } unknown ? ids.Count(id => id == unknown + SpecialTokens.Count) : 0;

    private bool IsLong(int[] ids, long number, string side)
    {
        if (ids.Length <= options.MaxTokens) return false;
        if (options.LongTexts == LongTextPolicy.Throw)
        {
            throw new InvalidDataException(
                $"The {side} of row {number} of the {what} data has {ids.Length} tokens, end token included; "
                    + $"{nameof(options.MaxTokens)} is {options.MaxTokens}. "
                + $"Raise it, leave the row out, or set {nameof(options.LongTexts)} to {LongTextPolicy.Truncate}.");
        }

        return true;
    }
}
