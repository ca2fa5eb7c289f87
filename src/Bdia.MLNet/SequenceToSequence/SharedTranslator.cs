using Bdia.Core.Decoding;
using Bdia.Core.Onnx;
using Bdia.Core.SequenceToSequence;
using Bdia.Core.Text;
using Bdia.MLNet.Scoring;
using Bdia.MLNet.Texts;

namespace Bdia.MLNet.SequenceToSequence;

/// <summary>A translator that many threads may score with while one disposes it.</summary>
internal sealed class SharedTranslator(Translator translator) : ITextWriter, IDisposable
{
    private readonly SharedModel<Translator> shared = new(translator, nameof(BdiaSequenceToSequenceTransformer));

    // The same network, cutting long texts off: who scores rows has decided about them, and can name the row, which a translator cannot.
    private readonly Translator cutting = translator.LongTexts == LongTextPolicy.Truncate ? translator : new Translator(
        translator.Model, translator.SourceTokenizer, translator.TargetTokenizer, translator.MaxTokens,
            LongTextPolicy.Truncate, translator.Decoding,
        maxLengthConstant: translator.MaxLengthConstant);

    public Translator Translator => shared.Model;

    public ITextTokenizer TargetTokenizer => cutting.TargetTokenizer;

    public int MaxTokens(DecodingOptions decoding) => cutting.MaxTokens;

    public int CountTokens(string text)
    {
        using var use = shared.Enter();
        return cutting.CountTokens(text);
    }

    public bool WritesFromNothing => false;

    public IReadOnlyList<IReadOnlyList<TextCandidate>> Write(IReadOnlyList<string> texts, DecodingOptions decoding)
    {
        using var use = shared.Enter();
        return [.. cutting.Translate(texts, decoding).Select(found => found.Select(one =>
            new TextCandidate(one.Text, one.Score, one.Finished, one.TokenLogProbabilities)).ToArray())];
    }

    /// <summary>As <see cref="Translator.SaveOnnx(string, OnnxOptions, DecodingOptions, LongTextPolicy?)"/>.</summary>
    public void SaveOnnx(string folder, OnnxOptions? options, DecodingOptions decoding, LongTextPolicy longTexts)
    {
        using var use = shared.Enter();
        shared.Model.SaveOnnx(folder, options, decoding, longTexts);
    }

    /// <summary>As <see cref="Translator.SaveOnnx(Stream, Stream, Stream, OnnxOptions, DecodingOptions, LongTextPolicy?)"/>.</summary>
    public void SaveOnnx(Stream encoder, Stream decoder, Stream description, OnnxOptions? options, DecodingOptions decoding,
        LongTextPolicy longTexts)
    {
        using var use = shared.Enter();
        shared.Model.SaveOnnx(encoder, decoder, description, options, decoding, longTexts);
    }

    public void Dispose() => shared.Dispose();
}
