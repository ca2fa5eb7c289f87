using Bdia.Core.TextGeneration;

namespace Bdia.MLNet;

/// <summary>How well a model foresees texts, over all rows.</summary>
public sealed class TextGenerationMetrics
{
    internal TextGenerationMetrics(TextLikelihood likelihood) => Likelihood = likelihood;

    private TextLikelihood Likelihood { get; }

    /// <summary>Mean of -log P of a token, natural logarithm, end tokens included.</summary>
    public double Loss => Likelihood.Loss;

    /// <summary>
    /// Its exponential: among how many equally probable tokens the model would have to choose to be as unsure. It compares models with the
    /// same tokenizer.
    /// </summary>
    public double Perplexity => Likelihood.Perplexity;

    /// <summary>
    /// -log2 P of the texts over their bytes in UTF-8, as the model's normalisation leaves them: it compares models with different
    /// tokenizers.
    /// </summary>
    public double BitsPerByte => Likelihood.BitsPerByte;

    /// <summary>Share of tokens that the model held for the most probable, 0..1.</summary>
    public double Accuracy => Likelihood.Accuracy;

    /// <summary>Tokens of all texts, end tokens included.</summary>
    public long TokenCount => Likelihood.Tokens;

    /// <summary>Bytes of all texts.</summary>
    public long ByteCount => Likelihood.Bytes;

    /// <summary>Tokens that stand for what the tokenizer cannot write: with any, bits per byte look better than they are.</summary>
    public long UnknownTokens => Likelihood.UnknownTokens;

    /// <summary>Rows that were judged: those with any text.</summary>
    public long RowCount => Likelihood.Texts;
}
