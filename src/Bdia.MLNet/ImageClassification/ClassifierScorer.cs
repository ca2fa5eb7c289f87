using Bdia.Core.ImageClassification;
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

    public void Dispose() => shared.Dispose();
}
