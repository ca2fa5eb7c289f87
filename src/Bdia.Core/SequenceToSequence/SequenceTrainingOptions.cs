using Bdia.Core.Decoding;
using Bdia.Core.Text;

namespace Bdia.Core.SequenceToSequence;

/// <summary>What sequence-to-sequence training adds to <see cref="Training.TrainingOptions"/>: tokenizers, batches by tokens, lengths, BLEU while training, averaging.</summary>
public sealed record SequenceTrainingOptions
{
    /// <summary>How tokenizers are made from the training rows where none are given.</summary>
    public TokenizerOptions Tokenizer { get; init; } = new();

    /// <summary>Whether source and target share one tokenizer made from both. Default true.</summary>
    public bool SharedVocabulary { get; init; } = true;

    /// <summary>A ready tokenizer for the source; null = made from the training rows. Default null.</summary>
    public ITextTokenizer? SourceTokenizer { get; init; }

    /// <summary>A ready tokenizer for the target; null = made from the training rows. Default null.</summary>
    public ITextTokenizer? TargetTokenizer { get; init; }

    /// <summary>Tokens of a batch at most, padding included, on the side that has more of them; 1..10,000,000. A single longer row makes a batch of its own. Default 4096.</summary>
    public int TokensPerBatch { get; init; } = 4096;

    /// <summary>Tokens of the longest text on either side, special ones included, 2..65,536. Default 256.</summary>
    public int MaxTokens { get; init; } = 256;

    /// <summary>What becomes of longer texts. Default <see cref="LongTextPolicy.Truncate"/>.</summary>
    public LongTextPolicy LongTexts { get; init; }

    /// <summary>Share of the training rows that is held back for validation where no validation rows are given, 0..1, below 1; 0 = none. Default 0.05.</summary>
    public double ValidationFraction { get; init; } = 0.05;

    /// <summary>Epochs from one BLEU of decoded validation text to the next, 0 or more; 0 = never. Default 1.</summary>
    public int BleuEveryEpochs { get; init; } = 1;

    /// <summary>Validation rows that are decoded for it, 1 or more, the first ones. Default 500.</summary>
    public int BleuRows { get; init; } = 500;

    /// <summary>Epochs whose weights are averaged into the model, 1..100; 1 = none. Default 1.</summary>
    public int AverageEpochs { get; init; } = 1;

    /// <summary>Which epochs these are. Default <see cref="WeightAverage.Last"/>.</summary>
    public WeightAverage AverageOf { get; init; }

    /// <summary>How validation text and, by default, later text is decoded.</summary>
    public DecodingOptions Decoding { get; init; } = new();

    public void Validate() => throw new NotImplementedException();
}
