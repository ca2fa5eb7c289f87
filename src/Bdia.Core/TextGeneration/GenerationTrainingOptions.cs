using Bdia.Core.Common;
using Bdia.Core.Decoding;
using Bdia.Core.Text;
using Bdia.Core.Training;

namespace Bdia.Core.TextGeneration;

/// <summary>What the training of a generator adds to <see cref="TrainingOptions"/>: the tokenizer, windows, batches by tokens.</summary>
public sealed record GenerationTrainingOptions
{
    private const int BatchesOfEpoch = 200, FewestTokens = 256, MostTokens = 4096;

    /// <summary>How the tokenizer is made from the training rows where none is given. By default texts stay as they are.</summary>
    public TokenizerOptions TokenizerTraining { get; init; } = new() { Normalization = new() { CollapseWhiteSpace = false } };

    /// <summary>A ready tokenizer; null = made from the training rows. Default null.</summary>
    public ITextTokenizer? Tokenizer { get; init; }

    /// <summary>
    /// Whether all rows together are one text, with a line break between, such as the lines of a book. Default false: each row is a text by
    /// itself, with a beginning and an end.
    /// </summary>
    public bool JoinRows { get; init; }

    /// <summary>
    /// Tokens of a window, 2..65,536, at most the network's MaxLength. Longer texts are cut into windows, at other places in each epoch; a
    /// network never sees further back. Default 128.
    /// </summary>
    public int MaxTokens { get; init; } = 128;

    /// <summary>
    /// Tokens of a batch at most, padding included, 1..10,000,000; a single longer window makes a batch of its own. Null = as many as make
    /// about 200 batches of an epoch, but 256 to 4096. Default null.
    /// </summary>
    public int? TokensPerBatch { get; init; }

    /// <summary>
    /// Share of the training rows that is held back for validation where no validation rows are given, 0..1, below 1; 0 = none. Of one text
    /// alone (<see cref="JoinRows"/>, or a single row) it is the end. Default 0.05.
    /// </summary>
    public double ValidationFraction { get; init; } = 0.05;

    /// <summary>Epochs whose weights are averaged at the end, 1..100; 1 = none. Default 1.</summary>
    public int AverageEpochs { get; init; } = 1;

    /// <summary>Which epochs these are. Default <see cref="WeightAverage.Last"/>.</summary>
    public WeightAverage AverageOf { get; init; }

    /// <summary>How texts are written by default: sampled, top-p 0.9, 100 tokens at most.</summary>
    public DecodingOptions Decoding { get; init; } = new() { Sample = true, TopP = 0.9, MaxLengthRatio = 0, MaxLengthConstant = 100 };

    /// <summary>Checks every option.</summary>
    /// <exception cref="ArgumentException">Some are out of range; the message lists all of them.</exception>
    public void Validate() => OptionFaults.Validate(nameof(GenerationTrainingOptions), Check);

    /// <summary>Notes every fault, for whoever checks these options together with others.</summary>
    /// <param name="faults">Where they are noted.</param>
    public void Check(OptionFaults faults)
    {
        ArgumentNullException.ThrowIfNull(faults);
        faults.Require(TokenizerTraining is not null, nameof(TokenizerTraining), TokenizerTraining, "set");
        TokenizerTraining?.Check(faults);
        faults.Require(Tokenizer is null or { Size: >= 1 }, nameof(Tokenizer), $"of size {Tokenizer?.Size}",
            "of at least one token, or null");
        faults.Require(MaxTokens is >= 2 and <= 65_536, nameof(MaxTokens), MaxTokens, "2..65,536");
        faults.Require(TokensPerBatch is null or (>= 1 and <= 10_000_000), nameof(TokensPerBatch), TokensPerBatch,
            "1..10,000,000, or null");
        faults.Require(ValidationFraction is >= 0 and < 1, nameof(ValidationFraction), ValidationFraction, "at least 0 and below 1");
        faults.Require(AverageEpochs is >= 1 and <= 100, nameof(AverageEpochs), AverageEpochs, "1..100");
        faults.Require(Enum.IsDefined(AverageOf), nameof(AverageOf), AverageOf, "Last or Best");
        faults.Require(Decoding is not null, nameof(Decoding), Decoding, "set");
        Decoding?.Check(faults);
    }

    /// <summary>Tokens of a batch for training texts with so many tokens.</summary>
    internal int BatchTokens(long tokens) => TokensPerBatch ?? (int)Math.Clamp(tokens / BatchesOfEpoch, FewestTokens, MostTokens);
}
