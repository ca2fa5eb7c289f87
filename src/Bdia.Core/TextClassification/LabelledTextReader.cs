using System.Globalization;
using Bdia.Core.Text;

namespace Bdia.Core.TextClassification;

/// <summary>Turns labelled texts into ids by one policy, and counts what was left out or cut off.</summary>
/// <param name="what">Which data it is, for messages ("training", "validation").</param>
/// <param name="tokenizer">The network's.</param>
/// <param name="pairs">Whether rows are two texts.</param>
/// <param name="classes">Number of classes.</param>
/// <param name="options">Longest rows, and what becomes of longer ones.</param>
internal sealed class LabelledTextReader(string what, ITextTokenizer tokenizer, bool pairs, int classes, TextClassificationOptions options)
{
    private int empty, cut;
    private long unknown;

    /// <summary>The rows.</summary>
    public LabelledTokens Rows { get; } = new(NetworkIds.Vocabulary(tokenizer));

    /// <summary>Makes sure that a label is a class.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public static void CheckLabel(LabelledText row, int number, string what, int classes)
    {
        if (row.Label < 0 || row.Label >= classes)
            throw new InvalidDataException($"Row {number} of the {what} data has label {row.Label}; labels are 0..{classes - 1}. Correct "
                + "the row or the number of classes.");
    }

    /// <summary>Adds a row, unless it has no text.</summary>
    /// <param name="row">The row.</param>
    /// <param name="number">Its number, for messages.</param>
    /// <returns>Whether it was added.</returns>
    /// <exception cref="InvalidDataException">It is too long, and the policy is to throw; or its label is no class.</exception>
    public bool Add(LabelledText row, int number)
    {
        CheckLabel(row, number, what, classes);
        var input = ClassifierInput.Of(tokenizer, row.Text, row.Second, pairs, options.MaxTokens);
        if (input.IsEmpty)
        {
            empty++;
            return false;
        }

        if (input.Tokens > options.MaxTokens)
        {
            if (options.LongTexts == LongTextPolicy.Throw)
                throw new InvalidDataException($"Row {number} of the {what} data has {input.Tokens} tokens, end tokens included; "
                    + $"{nameof(options.MaxTokens)} is {options.MaxTokens}. Raise it, leave the row out, or set "
                    + $"{nameof(options.LongTexts)} to {LongTextPolicy.Truncate}.");
            cut++;
        }

        if (tokenizer.UnknownId is { } id) unknown += input.Ids.Count(token => token == id + SpecialTokens.Count);
        Rows.Add(input.Ids, row.Label);
        return true;
    }

    /// <summary>What a user should know of these rows, a sentence each.</summary>
    public IEnumerable<string> Notes()
    {
        if (empty > 0) yield return $"{empty} of {empty + Rows.Count} {what} rows have no text, and are left out.";
        if (cut > 0) yield return $"{cut} of {Rows.Count} {what} rows have more than {options.MaxTokens} tokens; their ends are cut off.";
        if (unknown > 0)
            yield return string.Create(CultureInfo.InvariantCulture,
                $"{unknown} of {Rows.Ids.Ids} tokens of the {what} rows ({(double)unknown / Rows.Ids.Ids:P2}) stand for text that the "
                + $"tokenizer does not know: it is lost. A tokenizer of byte pairs trained on the rows loses nothing.");
    }
}
