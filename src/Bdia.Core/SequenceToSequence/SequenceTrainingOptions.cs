using Bdia.Core.Common;
using Bdia.Core.Decoding;
using Bdia.Core.Text;
using Bdia.Core.Training;

namespace Bdia.Core.SequenceToSequence;

/// <summary>
/// What sequence-to-sequence training adds to <see cref="TrainingOptions"/>: tokenizers, batches by tokens, lengths, BLEU while training,
/// averaging.
/// </summary>
public sealed record SequenceTrainingOptions
{
    private const int BatchesOfEpoch = 200, FewestTokens = 256, MostTokens = 4096;

    /// <summary>How tokenizers are made from the training rows where none are given.</summary>
    public TokenizerOptions Tokenizer { get; init; } = new();

    /// <summary>
    /// Whether source and target share one tokenizer made from both. Default true. Where one tokenizer is given, the other is made from its
    /// own side alone.
    /// </summary>
    public bool SharedVocabulary { get; init; } = true;

    /// <summary>A ready tokenizer for the source; null = made from the training rows. Default null.</summary>
    public ITextTokenizer? SourceTokenizer { get; init; }

    /// <summary>A ready tokenizer for the target; null = made from the training rows. Default null.</summary>
    public ITextTokenizer? TargetTokenizer { get; init; }

    /// <summary>
    /// Tokens of a batch at most, padding included, on the side that has more of them; 1..10,000,000. A single longer row makes a batch of
    /// its own. The logits take this times the target vocabulary times 4 bytes, at most.
    /// Null = as many as make about 200 batches of an epoch, but 256 to 4096: few rows need small batches to take enough steps. Default
    /// null.
    /// </summary>
    public int? TokensPerBatch { get; init; }

    /// <summary>
    /// Tokens of the longest text on either side, end token included, 2..65,536, at most the network's MaxLength. Default 256.
    /// </summary>
    public int MaxTokens { get; init; } = 256;

    /// <summary>What becomes of longer texts. Default <see cref="LongTextPolicy.Truncate"/>.</summary>
    public LongTextPolicy LongTexts { get; init; }

    /// <summary>
    /// Share of the training rows that is held back for validation where no validation rows are given, 0..1, below 1; 0 = none. Default
    /// 0.05.
    /// </summary>
    public double ValidationFraction { get; init; } = 0.05;

    /// <summary>
    /// Epochs from one BLEU of decoded validation text to the next, 0 or more; 0 = never; of those that are validated at all, see
    /// <see cref="TrainingOptions.ValidateEveryEpochs"/>. The last epoch has one as well, and so have averaged weights. Default 1.
    /// </summary>
    public int BleuEveryEpochs { get; init; } = 1;

    /// <summary>Validation rows that are decoded for it, 1 or more, the first ones. Default 500.</summary>
    public int BleuRows { get; init; } = 500;

    /// <summary>
    /// Epochs whose weights are averaged at the end, 1..100; 1 = none. Default 1. Costs memory, and space in checkpoints, for the weights
    /// of so many epochs. With validation rows, the average is the model only where it does better than the best epoch;
    /// <see cref="Trainer{TBatch}.AverageEpochs"/> says more.
    /// </summary>
    public int AverageEpochs { get; init; } = 1;

    /// <summary>Which epochs these are. Default <see cref="WeightAverage.Last"/>.</summary>
    public WeightAverage AverageOf { get; init; }

    /// <summary>How validation text and, by default, later text is decoded.</summary>
    public DecodingOptions Decoding { get; init; } = new();

    /// <summary>Checks every option.</summary>
    /// <exception cref="ArgumentException">Some are out of range; the message lists all of them.</exception>
    public void Validate() => OptionFaults.Validate(nameof(SequenceTrainingOptions), Check);

    /// <summary>Notes every fault, for whoever checks these options together with others.</summary>
    /// <param name="faults">Where they are noted.</param>
    public void Check(OptionFaults faults)
    {
        ArgumentNullException.ThrowIfNull(faults);
        faults.Require(Tokenizer is not null, nameof(Tokenizer), Tokenizer, "set");
        Tokenizer?.Check(faults);
        faults.Require(SourceTokenizer is null
            or { Size: >= 1 }, nameof(SourceTokenizer), $"of size {SourceTokenizer?.Size}", "of at least one token, or null");
        faults.Require(TargetTokenizer is null
            or { Size: >= 1 }, nameof(TargetTokenizer), $"of size {TargetTokenizer?.Size}", "of at least one token, or null");
        faults.Require(TokensPerBatch is null
            or (>= 1 and <= 10_000_000), nameof(TokensPerBatch), TokensPerBatch, "1..10,000,000, or null");
        faults.Require(MaxTokens is >= 2 and <= 65_536, nameof(MaxTokens), MaxTokens, "2..65,536");
        faults.Require(Enum.IsDefined(LongTexts), nameof(LongTexts), LongTexts, "Truncate or Throw");
        faults.Require(ValidationFraction is >= 0 and < 1, nameof(ValidationFraction), ValidationFraction, "at least 0 and below 1");
        faults.Require(BleuEveryEpochs >= 0, nameof(BleuEveryEpochs), BleuEveryEpochs, "0 (never) or more");
        faults.Require(BleuRows >= 1, nameof(BleuRows), BleuRows, "1 or more");
        faults.Require(AverageEpochs is >= 1 and <= 100, nameof(AverageEpochs), AverageEpochs, "1..100");
        faults.Require(Enum.IsDefined(AverageOf), nameof(AverageOf), AverageOf, "Last or Best");
        faults.Require(Decoding is not null, nameof(Decoding), Decoding, "set");
        Decoding?.Check(faults);
    }

    /// <summary>Tokens of a batch for training rows with so many tokens on the longer side.</summary>
    internal int BatchTokens(long tokens) => TokensPerBatch ?? (int)Math.Clamp(tokens / BatchesOfEpoch, FewestTokens, MostTokens);
}
