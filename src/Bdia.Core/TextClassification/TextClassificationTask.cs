using Bdia.Core.Models;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.TextClassification;

/// <summary>Cross-entropy of a text encoder on batches of texts, and its validation over all held-back rows.</summary>
internal sealed class TextClassificationTask(
    TextEncoder model, TrainingOptions training, LabelledTokens? validation, IReadOnlyDictionary<string, string> identity, Device device)
    : ITrainingTask<LabelledBatch>
{
    private const int BatchesAhead = 1;

    /// <inheritdoc/>
    public nn.Module Module => model;

    /// <inheritdoc/>
    public TrainingClock Clock => model.Clock;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> WithoutDecay { get; } =
        [.. model.named_parameters().Select(parameter => parameter.name).Where(TextEncoder.WithoutDecay.Contains)];

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Identity => identity;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Adjustable => ClassificationTexts.Adjustable;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Judgement => ClassificationTexts.Judgement;

    /// <inheritdoc/>
    public bool HasValidation => validation is not null;

    /// <inheritdoc/>
    public ReversibilityException? BackwardFault => model.Blocks.BackwardFault;

    /// <inheritdoc/>
    public IReadOnlyList<BdiaStack> Stacks => [model.Blocks];

    /// <inheritdoc/>
    public long SideInformationBytes => model.Blocks.SideInformationBytes;

    /// <inheritdoc/>
    public BatchLoss Loss(LabelledBatch batch)
    {
        var logits = model.forward(batch.Ids.to(device)); // (B, classes)
        var loss = ClassLoss.Mean(logits, batch.Targets.to(device), batch.Weight);
        return new BatchLoss(loss, batch.Weight, batch.Count, ClassLoss.Correct(logits, batch.Labels.to(device)));
    }

    /// <inheritdoc/>
    public ValidationResult? Validate(int epoch, StopSignal stop)
    {
        var totals = new SharedValidation(training.Distributed);
        var plan = new LabelledBatchPlan(validation!, training.MostRows, 1);
        using var ahead = new Prefetch<LabelledBatch>(
            _ => totals.Own(plan.InOrder()).Select(rows => LabelledBatchWriter.Write(validation!, rows, model.Options.Classes)),
            BatchesAhead);
        while (ahead.TryTake(stop, out var batch))
        {
            using var owner = batch;
            stop.ThrowIfRequested();
            using var scope = NewDisposeScope();
            var logits = model.forward(batch.Ids.to(device));
            totals.Add(ClassLoss.Sum(logits, batch.Targets.to(device)), batch.Count, ClassLoss.Correct(logits, batch.Labels.to(device)));
        }

        stop.ThrowIfRequested();
        return totals.ToResult();
    }
}
