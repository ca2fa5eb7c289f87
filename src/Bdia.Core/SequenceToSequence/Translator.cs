using Bdia.Core.Decoding;
using Bdia.Core.Models;
using Bdia.Core.Text;
using Bdia.Core.Training;
using TorchSharp;

namespace Bdia.Core.SequenceToSequence;

/// <summary>A trained encoder-decoder with its tokenizers: text in, text out. Safe to use from several threads at once.</summary>
public sealed class Translator : IDisposable
{
    public Translator(EncoderDecoder model, ITextTokenizer source, ITextTokenizer target, int maxTokens, LongTextPolicy longTexts, DecodingOptions decoding, TrainingResult? result = null)
        => throw new NotImplementedException();

    public EncoderDecoder Model => throw new NotImplementedException();
    public ITextTokenizer SourceTokenizer => throw new NotImplementedException();
    public ITextTokenizer TargetTokenizer => throw new NotImplementedException();

    /// <summary>Tokens of the longest input, end token included.</summary>
    public int MaxTokens => throw new NotImplementedException();
    public LongTextPolicy LongTexts => throw new NotImplementedException();

    /// <summary>How texts are decoded unless told otherwise.</summary>
    public DecodingOptions Decoding => throw new NotImplementedException();
    public TrainingResult? Result => throw new NotImplementedException();

    /// <summary>Tokens of a text as the network sees it, end token included; what LongTexts is decided by.</summary>
    public int CountTokens(string text) => throw new NotImplementedException();

    /// <summary>Translates texts together. For each its hypotheses, best first (DecodingOptions.BestCount of them). Text of which nothing is left after normalisation gives an empty text with score 0.</summary>
    public IReadOnlyList<IReadOnlyList<Translation>> Translate(IReadOnlyList<string> texts, DecodingOptions? decoding = null, CancellationToken cancellation = default) => throw new NotImplementedException();

    public void SaveWeights(Stream stream) => throw new NotImplementedException();

    /// <summary>Everything but the weights as JSON: format version, network options, tokenizers, lengths, decoding.</summary>
    public string ToJson() => throw new NotImplementedException();
    public static Translator Load(Stream weights, string json, torch.Device? device = null) => throw new NotImplementedException();
    public void Dispose() => throw new NotImplementedException();
}
