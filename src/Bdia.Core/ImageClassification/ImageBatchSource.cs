using Bdia.Core.Numerics;
using Bdia.Core.Training;

namespace Bdia.Core.ImageClassification;

/// <summary>
/// Training batches: shuffled by epoch, augmented, mixed. What a row becomes depends on (seed, epoch, row) alone, so a resumed run makes
/// the same.
/// </summary>
internal sealed class ImageBatchSource(
    ImageSubset data, PixelNormalization normalization, int classes, TrainingOptions training, ImageTrainingOptions images)
        : IBatchSource<ImageBatch>
{
    /// <inheritdoc/>
    public int BatchCount(int epoch) => (data.Count + training.MostRows - 1) / training.MostRows;

    /// <inheritdoc/>
    public IEnumerable<ImageBatch> Read(int epoch, int firstBatch, CancellationToken cancellation)
    {
        var shape = data.Shape;
        var augmentation = new Augmentation(
            shape, images.CropPadding(shape.Height, shape.Width, training.Epochs), images.AugmentCropFill, images.AugmentFlip
                ?? true, normalization);
        var pixels = new float[shape.Size];
        var position = 0;
        var end = 0;
        ImageBatchWriter? batch = null;
        try
        {
            foreach (var row in data.Shuffled(RandomSequence.At(training.Seed, RandomPurpose.Order, (ulong)epoch)))
            {
                cancellation.ThrowIfCancellationRequested();
                if (position++ < (long)firstBatch * training.MostRows) continue; // trained on before the run was interrupted
                if (batch is null)
                {
                    var count = Math.Min(training.MostRows, data.Count - (position - 1));
                    (batch, end) = (new ImageBatchWriter(shape, classes, count), position - 1 + count);
                }

                row.Store.CopyTo(row.Slot, pixels);
                augmentation.Apply(
                    pixels, RandomSequence.At(training.Seed, RandomPurpose.Augmentation, (ulong)epoch, (ulong)row.Number),
                    batch.Add(row.Label, images.ClassWeights?[row.Label] ?? 1, training.LabelSmoothing));
                if (position < end) continue;

                if (images.MixupAlpha > 0) Mix(batch, epoch, (position - 1) / training.MostRows);
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
