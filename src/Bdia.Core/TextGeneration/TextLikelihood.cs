namespace Bdia.Core.TextGeneration;

/// <summary>How well a language model foresees texts: the less a text surprises it, the better.</summary>
/// <param name="LossSum">-log P of all tokens, end tokens included, natural logarithm.</param>
/// <param name="Tokens">How many they are.</param>
/// <param name="Correct">How many of them the model held for the most probable.</param>
/// <param name="Bytes">Of the texts in UTF-8, as the model's normalisation leaves them.</param>
/// <param name="UnknownTokens">Tokens that stand for what the tokenizer cannot write: with any, bits per byte look better than they
/// are.</param>
/// <param name="Texts">Texts that hold anything.</param>
public sealed record TextLikelihood(double LossSum, long Tokens, long Correct, long Bytes, long UnknownTokens, long Texts)
{
    /// <summary>Mean of -log P of a token, natural logarithm.</summary>
    public double Loss => LossSum / Tokens;

    /// <summary>Its exponential: among how many equally probable tokens the model would have to choose to be as unsure.</summary>
    public double Perplexity => Math.Exp(Loss);

    /// <summary>-log2 P of the texts over their bytes: the same whatever the tokens are, so that models with different tokenizers
    /// compare.</summary>
    public double BitsPerByte => LossSum / Math.Log(2) / Bytes;

    /// <summary>Share of tokens that the model held for the most probable, 0..1.</summary>
    public double Accuracy => (double)Correct / Tokens;
}
