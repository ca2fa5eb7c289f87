using Bdia.Core.Onnx;
using Bdia.Core.Text;
using Bdia.Core.TextClassification;
using Bdia.MLNet.Scoring;

namespace Bdia.MLNet.TextClassification;

/// <summary>A text classifier that many threads may score with while one disposes it.</summary>
internal sealed class TextClassifierScorer(TextClassifier classifier) : ITextScorer, IDisposable
{
    private readonly SharedModel<TextClassifier> shared = new(classifier, nameof(BdiaTextClassificationTransformer));

    // The same network, cutting long texts off: who scores rows has decided about them, and can name the row, which a classifier cannot.
    private readonly TextClassifier cutting = classifier.LongTexts == LongTextPolicy.Truncate ? classifier
        : new TextClassifier(classifier.Model, classifier.Tokenizer, classifier.MaxTokens, LongTextPolicy.Truncate);

    public TextClassifier Classifier => shared.Model;

    public int MaxTokens => cutting.MaxTokens;

    public int CountTokens(string first, string? second)
    {
        using var use = shared.Enter();
        return cutting.IsEmpty(first, second) ? 0 : cutting.CountTokens(first, second);
    }

    public void Score(IReadOnlyList<string> first, IReadOnlyList<string>? second, Span<float> probabilities)
    {
        using var use = shared.Enter();
        cutting.Score(first, second, probabilities);
    }

    /// <summary>As <see cref="TextClassifier.SaveOnnx(string, OnnxOptions, IReadOnlyList{string})"/>; long texts are what is made of
    /// them now.</summary>
    public void SaveOnnx(string folder, OnnxOptions? options, IReadOnlyList<string>? classNames, LongTextPolicy longTexts)
    {
        using var use = shared.Enter();
        With(longTexts).SaveOnnx(folder, options, classNames);
    }

    /// <summary>As <see cref="TextClassifier.SaveOnnx(Stream, Stream, OnnxOptions, IReadOnlyList{string})"/>.</summary>
    public void SaveOnnx(Stream network, Stream description, OnnxOptions? options, IReadOnlyList<string>? classNames,
        LongTextPolicy longTexts)
    {
        using var use = shared.Enter();
        With(longTexts).SaveOnnx(network, description, options, classNames);
    }

    // Another view of the same network: it is not to be disposed.
    private TextClassifier With(LongTextPolicy longTexts)
        => new(shared.Model.Model, shared.Model.Tokenizer, shared.Model.MaxTokens, longTexts);

    public void Dispose() => shared.Dispose();
}
