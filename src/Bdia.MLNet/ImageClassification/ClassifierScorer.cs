using Bdia.Core.ImageClassification;

namespace Bdia.MLNet.ImageClassification;

/// <summary>A classifier that many threads may score with while one disposes it: the network goes when the last of them is done.</summary>
internal sealed class ClassifierScorer(ImageClassifier classifier) : IImageScorer, IDisposable
{
    private readonly Lock gate = new();
    private int scoring;
    private bool disposed;

    public ImageClassifier Classifier => classifier;

    public void Score(ReadOnlySpan<float> images, int count, Span<float> probabilities)
    {
        lock (gate)
        {
            if (disposed)
            {
                throw new ObjectDisposedException(nameof(BdiaImageClassificationTransformer),
                    "The model was disposed. A PredictionEngine disposes its model with itself unless PredictionEngineOptions.OwnsTransformer is false.");
            }
            scoring++;
        }
        try
        {
            classifier.Score(images, count, probabilities);
        }
        finally
        {
            Leave();
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            if (disposed)
                return;
            disposed = true;
            scoring++;
        }
        Leave();
    }

    private void Leave()
    {
        bool last;
        lock (gate)
            last = --scoring == 0 && disposed;
        if (last)
            classifier.Dispose();
    }
}
