using Bdia.Core.Numerics;
using Bdia.Core.Training;

namespace Bdia.Core.ImageClassification;

/// <summary>
/// Training batches: shuffled by epoch, augmented, mixed. What a row becomes depends on (seed, epoch, row) alone, so a resumed run makes
/// the same.
/// </summary>
internal sealed class ImageBatchSource(
    ImageSubset data, PixelNormalization normalization, int classes, TrainingOptions training, ImageTrainingOptions images,
    PixelRange range)
        : IPartedSource<ImageBatch>, IRankedRows
{
    /// <inheritdoc/>
    public int BatchCount(int epoch) => (data.Count + training.MostRows - 1) / training.MostRows;

    /// <inheritdoc/>
    public int Rows(int epoch, int batch) => (int)Math.Min(training.MostRows, data.Count - (long)batch * training.MostRows);

    /// <inheritdoc/>
    public IEnumerable<ImageBatch> Read(int epoch, int firstBatch, CancellationToken cancellation)
        => Read(epoch, [.. Enumerable.Range(firstBatch, BatchCount(epoch) - firstBatch)], cancellation);

    /// <inheritdoc/>
    public void Gather(int epoch, IReadOnlyList<IReadOnlyList<int>> batches)
    {
        var ranks = Enumerable.Repeat(-1, BatchCount(epoch)).ToArray();
        for (var rank = 0; rank < batches.Count; rank++)
            foreach (var batch in batches[rank]) ranks[batch] = rank;
        data.Move(Order(epoch), place => ranks[place / training.MostRows]);
    }

    private RandomSequence Order(int epoch) => RandomSequence.At(training.Seed, RandomPurpose.Order, (ulong)epoch);

    /// <inheritdoc/>
    public IEnumerable<ImageBatch> Read(int epoch, IReadOnlyList<int> batches, CancellationToken cancellation)
    {
        var shape = data.Shape;
        var augmentation = new Augmentation(
            shape, images.CropPadding(shape.Height, shape.Width, training.Epochs), images.AugmentCropFill, images.AugmentFlip
                ?? true, normalization);
        var changes = images.AugmentPolicy == AugmentPolicy.None ? null
            : new TrivialAugment(shape, range, [.. normalization.Mean.Select(mean => (float)mean)]);
        var erasing = images.RandomErasing > 0 ? new RandomErasing(shape, images.RandomErasing) : null;
        var pixels = new float[shape.Size];
        var (position, next) = (0L, 0); // the row at hand, the batch at hand among those that are wanted
        ImageBatchWriter? batch = null;
        try
        {
            var wanted = batches.ToHashSet();
            foreach (var row in data.Shuffled(Order(epoch), place => wanted.Contains(place / training.MostRows)))
            {
                cancellation.ThrowIfCancellationRequested();
                if (next == batches.Count) yield break;
                if (position++ / training.MostRows < batches[next]) continue; // of no batch that is wanted
                batch ??= new ImageBatchWriter(shape, classes, Rows(epoch, batches[next]));
                row.Store.CopyTo(row.Slot, pixels);
                var image = batch.Add(row.Label, images.ClassWeights?[row.Label] ?? 1, training.LabelSmoothing);
                changes?.Apply(pixels, Of(RandomPurpose.Policy, row.Number));
                augmentation.Apply(pixels, Of(RandomPurpose.Augmentation, row.Number), image);
                erasing?.Apply(image, Of(RandomPurpose.Erasing, row.Number));
                if (batch.Written < batch.Count) continue;

                if (images.Mixes) Mix(batch, epoch, batches[next]);
                var finished = batch.ToBatch();
                (batch, next) = (null, next + 1);
                yield return finished;
            }
        }
        finally
        {
            batch?.Dispose();
        }

        RandomSequence Of(ulong purpose, int row) => RandomSequence.At(training.Seed, purpose, (ulong)epoch, (ulong)row);
    }

    private void Mix(ImageBatchWriter batch, int epoch, int number)
    {
        var random = RandomSequence.At(training.Seed, RandomPurpose.Mixup, (ulong)epoch, (ulong)number);
        var mixup = images.MixupAlpha ?? 0;
        batch.Mix(() =>
        {
            if (images.MixProbability < 1 && random.NextUniform() >= images.MixProbability) return ImageMixture.None;
            var cuts = images.CutMixAlpha > 0 && (mixup == 0 || random.Next(2) == 1);
            var share = random.NextBeta(cuts ? images.CutMixAlpha : mixup);
            share = Math.Max(share, 1 - share);
            return cuts ? Cut(share, ref random) : new(share, null);
        });
    }

    /// <summary>A box of about the other image's share, anywhere; never larger, so that the larger part stays the image's own.</summary>
    private ImageMixture Cut(double share, ref RandomSequence random)
    {
        var shape = data.Shape;
        var side = Math.Sqrt(1 - share);
        var (height, width) = ((int)(side * shape.Height), (int)(side * shape.Width));
        return new(1 - (double)height * width / shape.Area,
            new(random.Next(shape.Height - height + 1), random.Next(shape.Width - width + 1), height, width));
    }
}
