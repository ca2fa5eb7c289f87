using Bdia.Core.Models;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.ImageClassification;

/// <summary>Cross-entropy of a vision transformer on image batches, and its validation over all held-back rows.</summary>
internal sealed class ImageClassificationTask(
    VisionTransformer model, PixelNormalization normalization, TrainingOptions training, ImageSubset? validation,
    IReadOnlyDictionary<string, string> identity, Device device, double? layerDecay = null) : ITrainingTask<ImageBatch>
{
    private const int BatchesAhead = 1;

    private bool areGathered; // rows of validation are where they are validated, for the whole run

    /// <inheritdoc/>
    public nn.Module Module => model;

    /// <inheritdoc/>
    public TrainingClock Clock => model.Clock;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> WithoutDecay { get; } =
        [.. model.named_parameters().Where(p => p.parameter.requires_grad).Select(p => p.name).Intersect(VisionTransformer.WithoutDecay)];

    /// <inheritdoc/>
    public double RateScale(string parameter)
        => layerDecay is { } decay ? Math.Pow(decay, model.Options.Depth + 1 - model.Layer(parameter)) : 1;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Identity => identity;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Adjustable => ImageData.Adjustable;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Judgement => ImageData.Judgement;

    /// <inheritdoc/>
    public bool HasValidation => validation is { Count: > 0 };

    /// <inheritdoc/>
    public ReversibilityException? BackwardFault => model.Blocks.BackwardFault;

    /// <inheritdoc/>
    public IReadOnlyList<BdiaStack> Stacks => [model.Blocks];

    /// <inheritdoc/>
    public long SideInformationBytes => model.Blocks.SideInformationBytes;

    /// <inheritdoc/>
    public BatchLoss Loss(ImageBatch batch)
    {
        var logits = model.forward(batch.Images.to(device)); // (B, classes)
        var loss = ClassLoss.Mean(logits, batch.Targets.to(device), batch.Weight);
        return new BatchLoss(loss, batch.Weight, batch.Count, Correct(logits, batch));
    }

    /// <inheritdoc/>
    public ValidationResult? Validate(int epoch, StopSignal stop)
    {
        var totals = new SharedValidation(training.Distributed);
        if (!areGathered) validation!.Move(null, place => totals.Rank(place / training.MostRows));
        areGathered = true;
        using var ahead = new Prefetch<ImageBatch>(_ => Batches(totals), BatchesAhead);
        while (ahead.TryTake(stop, out var batch))
        {
            using var owner = batch;
            stop.ThrowIfRequested();
            using var scope = NewDisposeScope();
            var logits = model.forward(batch.Images.to(device));
            totals.Add(ClassLoss.Sum(logits, batch.Targets.to(device)), batch.Count, Correct(logits, batch));
        }

        stop.ThrowIfRequested();
        return totals.ToResult();
    }

    private long Correct(Tensor logits, ImageBatch batch) => ClassLoss.Correct(logits, batch.Labels.to(device));

    /// <summary>This rank's held-back rows as they are, without augmentation or smoothing; the last batch may be short.</summary>
    private IEnumerable<ImageBatch> Batches(SharedValidation shared)
    {
        var (shape, left, position) = (validation!.Shape, validation.Count, 0);
        var pixels = new float[shape.Size];
        ImageBatchWriter? batch = null;
        try
        {
            foreach (var row in validation.InOrder(place => shared.IsOwn(place / training.MostRows)))
            {
                if (!shared.IsOwn(position++ / training.MostRows))
                {
                    left--;
                    continue;
                }

                batch ??= new ImageBatchWriter(shape, model.Options.Classes, Math.Min(left, training.MostRows));
                row.Store.CopyTo(row.Slot, pixels);
                normalization.Apply(pixels, batch.Add(row.Label, 1, 0));
                left--;
                if (batch.Written < batch.Count) continue;
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
}
