using Bdia.Core.ImageClassification;
using Bdia.Core.Onnx;
using Bdia.MLNet.Scoring;

namespace Bdia.MLNet.ImageClassification;

/// <summary>A classifier that many threads may score with while one disposes it.</summary>
internal sealed class ClassifierScorer(ImageClassifier classifier) : IImageScorer, IDisposable
{
    private readonly SharedModel<ImageClassifier> shared = new(classifier, nameof(BdiaImageClassificationTransformer));

    public ImageClassifier Classifier => shared.Model;

    public void Score(ReadOnlySpan<float> images, int count, Span<float> probabilities)
    {
        using var use = shared.Enter();
        shared.Model.Score(images, count, probabilities);
    }

    public string AddTo(IOnnxGraph graph, string images)
    {
        using var use = shared.Enter();
        return shared.Model.AddTo(graph, images).Probabilities;
    }

    /// <summary>As <see cref="ImageClassifier.SaveOnnx(Stream, OnnxOptions, IReadOnlyList{string})"/>.</summary>
    public void SaveOnnx(Stream stream, OnnxOptions options, IReadOnlyList<string>? classNames)
    {
        using var use = shared.Enter();
        shared.Model.SaveOnnx(stream, options, classNames);
    }

    /// <summary>As <see cref="ImageClassifier.SaveOnnx(string, OnnxOptions, IReadOnlyList{string})"/>.</summary>
    public void SaveOnnx(string path, OnnxOptions options, IReadOnlyList<string>? classNames)
    {
        using var use = shared.Enter();
        shared.Model.SaveOnnx(path, options, classNames);
    }

    public void Dispose() => shared.Dispose();
}
