using Bdia.Core.Common;
using Bdia.Core.Text;
using Bdia.Core.Training;

namespace Bdia.Core.TextClassification;

/// <summary>
/// What text classification adds to <see cref="TrainingOptions"/>: the tokenizer, lengths, class weights, validation split.
/// </summary>
public sealed record TextClassificationOptions
{
    /// <summary>
    /// How a tokenizer is made from the training rows where none is given. Default: words where they recur (
    /// <see cref="TokenLevel.Automatic"/>), all letters lower case, since with few rows the same word in capitals is another one.
    /// </summary>
    public TokenizerOptions TokenizerTraining { get; init; } = new()
    {
        TokenLevel = TokenLevel.Automatic, Normalization = new() { LowerCase = true },
    };

    /// <summary>A ready tokenizer; null = made from the training rows. Default null.</summary>
    public ITextTokenizer? Tokenizer { get; init; }

    /// <summary>
    /// Tokens of the longest row, end tokens included, of both texts together where rows are pairs; 2..65,536, at most the network's
    /// MaxLength. Default 256.
    /// </summary>
    public int MaxTokens { get; init; } = 256;

    /// <summary>
    /// What becomes of longer rows. Default <see cref="LongTextPolicy.Truncate"/>; of a pair the longer text is cut first.
    /// </summary>
    public LongTextPolicy LongTexts { get; init; }

    /// <summary>
    /// Share of the tokens of a training row that are left out, others in every epoch, 0..1, below 1; 0 = none. Default 0.3: a network
    /// then cannot go by single words that happen to occur in one class.
    /// </summary>
    public double TokenDropout { get; init; } = 0.3;

    /// <summary>How much a training row of each class counts, each above 0; null = all the same. Default null.</summary>
    public IReadOnlyList<float>? ClassWeights { get; init; }

    /// <summary>
    /// Share of the training rows that is held back for validation where no validation rows are given, 0..1, below 1; 0 = none. Null is a
    /// tenth of the first thousand rows and a fiftieth of those beyond: what is held back is not learned from. Default null.
    /// </summary>
    public double? ValidationFraction { get; init; }

    /// <summary>
    /// Whether the rows held back have the classes in the same proportions as all. Default true. Either way, a class keeps at least one
    /// training row, or the data two.
    /// </summary>
    public bool StratifiedValidation { get; init; } = true;

    /// <summary>Checks every option.</summary>
    /// <param name="classes">Number of classes of the model.</param>
    /// <exception cref="ArgumentException">Some are out of range; the message lists all of them.</exception>
    public void Validate(int classes) => OptionFaults.Validate(nameof(TextClassificationOptions), faults => Check(faults, classes));

    /// <summary>Notes every fault, for whoever checks these options together with others.</summary>
    /// <param name="faults">Where they are noted.</param>
    /// <param name="classes">Number of classes of the model.</param>
    public void Check(OptionFaults faults, int classes)
    {
        ArgumentNullException.ThrowIfNull(faults);
        faults.Require(TokenizerTraining is not null, nameof(TokenizerTraining), TokenizerTraining, "set");
        TokenizerTraining?.Check(faults);
        faults.Require(Tokenizer is null or { Size: >= 1 }, nameof(Tokenizer), $"of size {Tokenizer?.Size}",
            "of at least one token, or null");
        faults.Require(MaxTokens is >= 2 and <= 65_536, nameof(MaxTokens), MaxTokens, "2..65,536");
        faults.Require(Enum.IsDefined(LongTexts), nameof(LongTexts), LongTexts, "Truncate or Throw");
        faults.Require(TokenDropout is >= 0 and < 1, nameof(TokenDropout), TokenDropout, "at least 0 and below 1");
        faults.Require(ValidationFraction is null or (>= 0 and < 1), nameof(ValidationFraction), ValidationFraction,
            "at least 0 and below 1");
        ClassWeightFaults.Check(faults, nameof(ClassWeights), ClassWeights, classes);
    }
}
