using Bdia.Core.Numerics;
using Bdia.Core.Training;

namespace Bdia.Core.ImageClassification;

/// <summary>Training batches: shuffled by epoch, augmented, mixed. What a row becomes depends on (seed, epoch, row) alone, so a resumed run makes the same.</summary>
internal sealed class ImageBatchSource(
    ImageSubset data, PixelNormalization normalization, int classes, TrainingOptions training, ImageTrainingOptions images) : IBatchSource<ImageBatch>
{
    /// <inheritdoc/>
    public int BatchCount(int epoch) => (data.Count + training.BatchSize - 1) / training.BatchSize;

    /// <inheritdoc/>
    public IEnumerable<ImageBatch> Read(int epoch, int firstBatch, CancellationToken cancellation)
    {
        var shape = data.Shape;
        var augmentation = new Augmentation(
            shape, images.CropPadding(shape.Height, shape.Width), images.AugmentCropFill, images.AugmentFlip, normalization);
        var pixels = new float[shape.Size];
        var position = 0;
        var end = 0;
        ImageBatchWriter? batch = null;
        try
        {
            foreach (var row in data.Shuffled(RandomSequence.At(training.Seed, RandomPurpose.Order, (ulong)epoch)))
            {
                cancellation.ThrowIfCancellationRequested();
                if (position++ < (long)firstBatch * training.BatchSize) continue; // trained on before the run was interrupted
                if (batch is null)
                {
                    var count = Math.Min(training.BatchSize, data.Count - (position - 1));
                    (batch, end) = (new ImageBatchWriter(shape, classes, count), position - 1 + count);
                }

                row.Store.CopyTo(row.Slot, pixels);
                augmentation.Apply(
                    pixels, RandomSequence.At(training.Seed, RandomPurpose.Augmentation, (ulong)epoch, (ulong)row.Number),
                    batch.Add(row.Label, images.ClassWeights?[row.Label] ?? 1, training.LabelSmoothing));
                if (position < end) continue;

                if (images.MixupAlpha > 0) Mix(batch, epoch, (position - 1) / training.BatchSize);
                var finished = batch.ToBatch();
                batch = null;
                yield return finished;
            }
        }
        finally
        {
            batch?.Dispose();
        }
    }

    private void Mix(ImageBatchWriter batch, int epoch, int number)
    {
        var random = RandomSequence.At(training.Seed, RandomPurpose.Mixup, (ulong)epoch, (ulong)number);
        batch.Mix(_ =>
        {
            var share = random.NextBeta(images.MixupAlpha);
            return Math.Max(share, 1 - share);
        });
    }
}
