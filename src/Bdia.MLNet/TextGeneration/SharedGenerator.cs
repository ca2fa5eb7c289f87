using Bdia.Core.Decoding;
using Bdia.Core.Onnx;
using Bdia.Core.Text;
using Bdia.Core.TextGeneration;
using Bdia.MLNet.Scoring;
using Bdia.MLNet.Texts;

namespace Bdia.MLNet.TextGeneration;

/// <summary>A generator that many threads may score with while one disposes it.</summary>
internal sealed class SharedGenerator(TextGenerator generator) : ITextWriter, IDisposable
{
    private readonly SharedModel<TextGenerator> shared = new(generator, nameof(BdiaTextGenerationTransformer));

    public TextGenerator Generator => shared.Model;

    public ITextTokenizer TargetTokenizer => generator.Tokenizer;

    public bool WritesFromNothing => true;

    public int MaxTokens(DecodingOptions decoding) => generator.LongestPrompt(decoding);

    public int CountTokens(string text)
    {
        using var use = shared.Enter();
        return generator.CountTokens(text);
    }

    public IReadOnlyList<IReadOnlyList<TextCandidate>> Write(IReadOnlyList<string> texts, DecodingOptions decoding)
    {
        using var use = shared.Enter();
        return [.. generator.Continue(texts, decoding).Select(found => found.Select(one =>
            new TextCandidate(one.Text, one.Score, one.Finished, one.TokenLogProbabilities)).ToArray())];
    }

    public TextLikelihood Judge(IEnumerable<string> texts)
    {
        using var use = shared.Enter();
        return generator.Judge(texts);
    }

    /// <summary>As <see cref="TextGenerator.SaveOnnx(string, OnnxOptions, DecodingOptions)"/>.</summary>
    public void SaveOnnx(string folder, OnnxOptions? options, DecodingOptions decoding)
    {
        using var use = shared.Enter();
        shared.Model.SaveOnnx(folder, options, decoding);
    }

    /// <summary>As <see cref="TextGenerator.SaveOnnx(Stream, Stream, OnnxOptions, DecodingOptions)"/>.</summary>
    public void SaveOnnx(Stream decoder, Stream description, OnnxOptions? options, DecodingOptions decoding)
    {
        using var use = shared.Enter();
        shared.Model.SaveOnnx(decoder, description, options, decoding);
    }

    public void Dispose() => shared.Dispose();
}
